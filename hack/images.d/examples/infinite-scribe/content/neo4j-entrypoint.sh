#!/bin/bash
# Entrypoint of the Neo4j image: the variables NEO4J_... become settings, NEO4J_AUTH the first
# password, then the server runs as its own user. It keeps what the official image documents
# but for plugins, which that one downloads.
set -euo pipefail

if [ "$(id -u)" = 0 ]; then
  find /data /logs ! -user neo4j -exec chown neo4j:neo4j {} +
  # Of busybox, since the other one asks PAM, which no maintainer script has set up.
  # shellcheck disable=SC2016 # expanded by the shell that su starts
  exec busybox su -s /bin/bash neo4j -c 'exec "$0" "$@"' -- "$0" "$@"
fi
[ "${1:-}" = neo4j ] || exec "$@"

run() { java -cp "$NEO4J_HOME/lib/*" "$@"; }

# NEO4J_server_memory_heap_max__size is server.memory.heap.max_size.
write_settings() {
  local name setting
  echo server.default_listen_address=0.0.0.0
  for name in $(compgen -e NEO4J_); do
    case $name in NEO4J_AUTH | NEO4J_AUTH_PATH | NEO4J_HOME | NEO4J_EDITION | NEO4J_PLUGINS | NEO4J_*_FILE) continue ;; esac
    setting=${name#NEO4J_}
    setting=${setting//__/%}
    setting=${setting//_/.}
    echo "${setting//%/_}=${!name}"
  done
}

write_settings >"$NEO4J_HOME/conf/neo4j.conf"
[ -z "${NEO4J_PLUGINS:-}" ] || echo "neo4j image: it has no plugins, so not these: $NEO4J_PLUGINS"
if [ -n "${NEO4J_AUTH_PATH:-}" ]; then NEO4J_AUTH=$(<"$NEO4J_AUTH_PATH"); fi
case ${NEO4J_AUTH:-} in
  '') ;;
  none) echo dbms.security.auth_enabled=false >>"$NEO4J_HOME/conf/neo4j.conf" ;;
  neo4j/*)
    # Once, on an empty data folder.
    if [ ! -e /data/databases ]; then run org.neo4j.cli.AdminTool dbms set-initial-password "${NEO4J_AUTH#neo4j/}"; fi ;;
  *)
    echo "neo4j image: NEO4J_AUTH must be none or neo4j/PASSWORD" >&2
    exit 1 ;;
esac

heap=$(sed -n 's/^server\.memory\.heap\.max_size=//p' "$NEO4J_HOME/conf/neo4j.conf")
exec java ${heap:+-Xmx"$heap"} -XX:+UseSerialGC -cp "$NEO4J_HOME/lib/*" org.neo4j.server.CommunityEntryPoint \
  --home-dir="$NEO4J_HOME" --config-dir="$NEO4J_HOME/conf"
