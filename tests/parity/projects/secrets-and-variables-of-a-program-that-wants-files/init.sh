#!/bin/sh
echo "made for $NAME with $(cat "$PASSWORD_FILE")"
