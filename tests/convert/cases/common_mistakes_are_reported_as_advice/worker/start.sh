#!/bin/sh
npx prisma migrate deploy
exec node worker.js
