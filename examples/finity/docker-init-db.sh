#!/bin/sh
# Runs once, on an empty data folder: the Node.js backend has a database beside that of the logins.
set -e
exists=$(psql -U "$POSTGRES_USER" -d "$POSTGRES_DB" -tAc "SELECT 1 FROM pg_database WHERE datname = 'finity_db'")
[ "$exists" = 1 ] || psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" -c 'CREATE DATABASE finity_db'
