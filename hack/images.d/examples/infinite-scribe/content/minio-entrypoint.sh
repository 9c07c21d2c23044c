#!/bin/sh
# Entrypoint of the MinIO image: options and verbs alone are the server's. It reads
# MINIO_ROOT_USER_FILE and its like by itself.
set -eu

if [ "${1:-minio}" != minio ]; then
  set -- minio "$@"
fi

exec "$@"
