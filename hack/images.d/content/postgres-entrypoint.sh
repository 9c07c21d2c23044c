#!/bin/bash
# Entrypoint of the PostgreSQL image: makes the database in an empty data folder
# once, runs /docker-entrypoint-initdb.d over it, then becomes the server. It
# keeps what the official image documents: POSTGRES_USER, POSTGRES_PASSWORD,
# POSTGRES_DB (each also as ..._FILE), POSTGRES_INITDB_ARGS,
# POSTGRES_HOST_AUTH_METHOD, PGDATA.
set -euo pipefail

fail() {
  echo "postgres image: $*" >&2
  exit 1
}

# from_file NAME: fill NAME from the file that NAME_FILE names.
from_file() {
  local name=$1 file_name=$1_FILE
  [ -n "${!file_name:-}" ] || return 0
  [ -z "${!name:-}" ] || fail "$name and $file_name are both set: keep one"
  [ -r "${!file_name}" ] || fail "$file_name: cannot read ${!file_name}: mount the secret there"
  export "$name=$(<"${!file_name}")"
}

# A volume comes root-owned; the server refuses a folder that is not its own.
prepare_folders() {
  mkdir -p "$PGDATA" /var/run/postgresql
  chmod 3777 /var/run/postgresql 2>/dev/null || true
  chmod 700 "$PGDATA" 2>/dev/null || true
  if [ "$(id -u)" = 0 ]; then
    find "$PGDATA" /var/run/postgresql ! -user postgres -exec chown postgres:postgres {} +
  fi
}

run_init_scripts() {
  local file
  for file in /docker-entrypoint-initdb.d/*; do
    case $file in
      *.sh)
        echo "postgres image: running $file"
        # As in the official image: executed when it may be, else read in.
        # shellcheck source=/dev/null
        if [ -x "$file" ]; then "$file"; else . "$file"; fi ;;
      *.sql)
        echo "postgres image: running $file"
        run_sql "$POSTGRES_DB" --file "$file" ;;
      *.sql.gz)
        echo "postgres image: running $file"
        gunzip -c "$file" | run_sql "$POSTGRES_DB" ;;
      */'*') ;; # the folder is empty
      *) echo "postgres image: ignoring $file" ;;
    esac
  done
}

# run_sql DATABASE OPTION...
run_sql() {
  psql --set ON_ERROR_STOP=1 --no-psqlrc --no-password --username "$POSTGRES_USER" --dbname "$@"
}

# The next start must not take a half-made database for a finished one. The
# folder was empty before.
undo() {
  echo "postgres image: initialisation failed (see above), emptying $PGDATA again" >&2
  pg_ctl --pgdata "$PGDATA" --mode immediate --silent stop || true
  rm -rf "${PGDATA:?}"/*
}

initialise() {
  if [ -z "${POSTGRES_PASSWORD:-}" ] && [ "${POSTGRES_HOST_AUTH_METHOD:-}" != trust ]; then
    fail "the data folder is empty and no superuser password is given: set POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE"
  fi
  local arguments=()
  # The arguments are quoted as on a command line.
  eval "arguments=(${POSTGRES_INITDB_ARGS:-})"
  initdb --username "$POSTGRES_USER" --pwfile <(printf '%s\n' "${POSTGRES_PASSWORD:-}") "${arguments[@]}"
  trap undo EXIT
  echo "host all all all ${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}" >> "$PGDATA/pg_hba.conf"
  echo "listen_addresses = '*'" >> "$PGDATA/postgresql.conf"

  # On the socket only: nobody may take the half-made database for a ready one.
  pg_ctl --pgdata "$PGDATA" --options "-c listen_addresses=''" --wait --silent start
  if [ "$POSTGRES_DB" != postgres ]; then
    # From standard input, since psql fills in variables there alone.
    echo 'CREATE DATABASE :"name"' | run_sql postgres --set name="$POSTGRES_DB"
  fi
  run_init_scripts
  pg_ctl --pgdata "$PGDATA" --mode fast --wait --silent stop
  trap - EXIT
  echo "postgres image: initialised, starting the server"
}

# Options alone mean options of the server.
[ "${1:0:1}" != - ] || set -- postgres "$@"

if [ "${1:-}" = postgres ]; then
  prepare_folders
  if [ "$(id -u)" = 0 ]; then
    # After -- since su would take the server's options for its own.
    # shellcheck disable=SC2016 # expanded by the shell that su starts
    exec su -s /bin/sh postgres -c 'exec "$0" "$@"' -- "$0" "$@"
  fi
  if [ ! -s "$PGDATA/PG_VERSION" ]; then
    for name in POSTGRES_USER POSTGRES_PASSWORD POSTGRES_DB POSTGRES_INITDB_ARGS; do from_file "$name"; done
    export POSTGRES_USER=${POSTGRES_USER:-postgres}
    export POSTGRES_DB=${POSTGRES_DB:-$POSTGRES_USER}
    # Init scripts call psql without naming a server or a password.
    export PGUSER=$POSTGRES_USER PGHOST=/var/run/postgresql
    initialise
    unset PGUSER PGHOST
  fi
fi

exec "$@"
