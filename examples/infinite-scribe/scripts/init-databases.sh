#!/bin/sh
# Runs once, on an empty data folder: Prefect keeps its own database beside the application's.
set -e
psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" -c 'CREATE DATABASE prefect'
