#!/bin/sh
echo "pid $$"
