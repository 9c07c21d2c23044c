#!/bin/sh
# The client and the schema first, then the program.
set -e
npx prisma generate
npx prisma migrate deploy
exec "$@"
