#!/bin/sh
# Entrypoint of the nginx image: runs /docker-entrypoint.d/*.sh before the server.
set -eu

if [ "${1:-}" = nginx ]; then
  for file in /docker-entrypoint.d/*.sh; do
    if [ -x "$file" ]; then "$file"; fi
  done
fi

exec "$@"
