#!/bin/sh
# Entrypoint of the Redis image: as root takes over the data folder and drops to
# the user redis, as the official image does.
set -eu

# Options or a configuration file alone are the server's.
case ${1:-} in -* | *.conf) set -- redis-server "$@" ;; esac

if [ "${1:-}" = redis-server ] && [ "$(id -u)" = 0 ]; then
  find . ! -user redis -exec chown redis:redis {} +
  # After -- since su would take the server's options for its own.
  # shellcheck disable=SC2016 # expanded by the shell that su starts
  exec su -s /bin/sh redis -c 'exec "$0" "$@"' -- "$0" "$@"
fi

# The official image starts without protection, since a container's port is
# reached by those alone who share its network; a configuration file given by
# the user decides for itself.
if [ "${1:-}" = redis-server ]; then
  shift
  case ${1:-} in
    *.conf) set -- redis-server "$@" ;;
    *) set -- redis-server --protected-mode no --bind '*' "$@" ;;
  esac
fi

umask 0077
exec "$@"
