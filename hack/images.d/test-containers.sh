#!/usr/bin/env bash
# Runs the images' programs without a cluster:
#
#   test-containers.sh FOLDER-OF-TARS EMPTY-FOLDER
#
# Called by test.sh in network, mount and process namespaces of its own, so all
# of it ends with this script. Each image's files are unpacked into a root of
# its own; all share one loopback, on which ScripTeam's ports do not collide.
# Prints "ok NAME" or "FAILED NAME" for each check.
set -euo pipefail

tars=$1
work=$2
example=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../examples/scripteam" && pwd)
mount -t tmpfs images "$work"
ip link set lo up
# PostgreSQL trusts 127.0.0.1; this stands for an address of the network.
ip address add 10.0.0.1/32 dev lo

check() {
  local what=$1
  shift
  if "$@" > "$work/output" 2>&1; then
    echo "ok $what"
  else
    echo "FAILED $what"
    sed 's/^/  | /' "$work/output"
  fi
}

# config NAME FIELD: a field of the image's configuration, one word a line.
config() { cat "$work/$1.config/$2"; }

# unpack NAME: the image's files in $work/NAME, its configuration in $work/NAME.config.
unpack() {
  local root=$work/$1 archive=$work/$1.archive layer
  mkdir -p "$root" "$archive" "$root.config"
  tar -xf "$tars/$1.tar" -C "$archive"
  while read -r layer; do
    tar -xf "$archive/$layer" -C "$root" --keep-directory-symlink
  done < <(python3 - "$archive" "$root.config" << 'PYTHON'
import json, pathlib, sys
archive, out = map(pathlib.Path, sys.argv[1:])
manifest = json.loads((archive / "manifest.json").read_text())[0]
config = json.loads((archive / manifest["Config"]).read_text())["config"]
for field in "Env", "User", "WorkingDir", "Entrypoint", "Cmd", "StopSignal":
    value = config.get(field, [])
    words = [value] if isinstance(value, str) else value
    (out / field).write_text("".join(f"{word}\n" for word in words))
print(*manifest["Layers"], sep="\n")
PYTHON
  )
  rm -r "$archive"
  mount -t proc proc "$root/proc"
  mount --bind /dev "$root/dev"
  printf '127.0.0.1 localhost\n10.0.0.1 postgres redis n8n api gpt-oss\n' > "$root/etc/hosts"
}

# execute NAME [VARIABLE=VALUE...] COMMAND...: as an exec probe would.
execute() { (enter "$@"); }

# enter: the same, becoming the command.
enter() {
  local image=$1 user group='' workdir environment
  shift
  mapfile -t environment < <(config "$image" Env)
  user=$(config "$image" User)
  workdir=$(config "$image" WorkingDir)
  if [ -n "$user" ]; then
    read -r user group < <(awk -F: -v name="$user" '$1 == name {print $3, $4}' "$work/$image/etc/passwd")
  fi
  while [[ $1 == *=* ]]; do
    environment+=("$1")
    shift
  done
  exec env -i "${environment[@]}" /usr/bin/unshare --root="$work/$image" --wd="${workdir:-/}" \
    --setgid "${group:-0}" --setuid "${user:-0}" -- "$@"
}

# start NAME [VARIABLE=VALUE...] [-- ARGUMENT...]: as a container, in the background.
start() {
  local image=$1 variables=() command
  shift
  while [ $# -gt 0 ] && [ "$1" != -- ]; do
    variables+=("$1")
    shift
  done
  [ $# -eq 0 ] || shift
  mapfile -t command < <(config "$image" Entrypoint)
  if [ $# -gt 0 ]; then
    command+=("$@")
  else
    mapfile -t -O ${#command[@]} command < <(config "$image" Cmd)
  fi
  enter "$image" "${variables[@]}" "${command[@]}" > "$work/$image.log" 2>&1 &
  echo $! > "$work/$image.pid"
}

# soon SECONDS COMMAND...: until it succeeds.
soon() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.1
  done
}

# stop NAME: with the image's stop signal; fails when it takes more than 5 s.
stop() {
  local pid signal
  pid=$(cat "$work/$1.pid")
  signal=$(config "$1" StopSignal)
  kill -s "${signal:-TERM}" "$pid"
  timeout 5 tail --pid="$pid" -f /dev/null
}

not() { ! "$@"; }
prints() { local text=$1; shift; "$@" | grep -qF -- "$text"; }
sql() { execute postgres PGPASSWORD=secret psql -h postgres -U postgres -At -d "$@"; }

for image in postgres redis nginx api n8n gpt-oss testbox; do unpack "$image"; done

# PostgreSQL: with ScripTeam's settings and init scripts, on a root-owned volume.
data=$work/postgres/var/lib/postgresql/data
chown 0:0 "$data"
start postgres
check "postgres without a password says what to set" soon 5 grep -q "set POSTGRES_PASSWORD or" "$work/postgres.log"
settings=(POSTGRES_DB=scripteam POSTGRES_USER=postgres POSTGRES_PASSWORD=secret
  "POSTGRES_INITDB_ARGS=--encoding=UTF-8 --lc-collate=C --lc-ctype=C")
scripts=$work/postgres/docker-entrypoint-initdb.d
echo "select broken" > "$scripts/01-init.sql"
start postgres "${settings[@]}"
check "postgres with a broken init script fails" soon 20 grep -q "initialisation failed" "$work/postgres.log"
check "postgres leaves no half-made database" soon 5 not test -e "$data/PG_VERSION"
cp "$example/init.sql" "$scripts/01-init.sql"
cp "$example/extensions.sql" "$scripts/02-extensions.sql"
echo "create table zipped (id int)" | gzip > "$scripts/03-zipped.sql.gz"
# shellcheck disable=SC2016 # expanded by the script
echo 'psql -c "create table scripted (id int)" "$POSTGRES_DB"' > "$scripts/04-script.sh"
start postgres "${settings[@]}"
check "postgres becomes ready" soon 20 execute postgres pg_isready -q -h postgres -U postgres -d scripteam
check "postgres runs as uid 70" test "$(stat -c %u "/proc/$(cat "$work/postgres.pid")")" = 70
check "postgres refuses a wrong password" not execute postgres PGPASSWORD=wrong psql -h postgres -U postgres -c "select 1"
check "postgres has the second database of init.sql" prints n8n sql postgres -c "select datname from pg_database"
check "postgres has the extensions" prints 3 sql scripteam -c \
  "select count(*) from pg_extension where extname in ('uuid-ossp', 'pgcrypto', 'pg_trgm')"
check "postgres ran the .sql.gz and the .sh" sql scripteam -c "select * from zipped, scripted"
check "postgres took the initdb arguments" prints "UTF8|C" sql scripteam -c \
  "select pg_encoding_to_char(encoding), datcollate from pg_database where datname = current_database()"

# Redis: with ScripTeam's configuration.
mkdir -p "$work/redis/etc/redis"
cp "$example/redis.conf" "$work/redis/etc/redis/redis.conf"
chown 0:0 "$work/redis/data"
start redis -- redis-server --requirepass secret --maxmemory 80mb
check "redis takes options" soon 5 prints 83886080 execute redis redis-cli -a secret config get maxmemory
check "redis with options answers from elsewhere" prints NOAUTH execute testbox sh -c 'echo PING | nc -w 1 10.0.0.1 6379'
stop redis
start redis -- redis-server /etc/redis/redis.conf
check "redis answers" soon 5 prints PONG execute redis redis-cli ping
check "redis runs as uid 999" test "$(stat -c %u "/proc/$(cat "$work/redis.pid")")" = 999
check "redis keeps its data in /data" test -d "$work/redis/data/appendonlydir"

# The stubs, with the health checks of the compose file.
n8n_health=(wget --no-verbose --tries=1 --spider http://localhost:5678/healthz)
start n8n DB_POSTGRESDB_HOST=postgres DB_POSTGRESDB_PORT=5432 DB_POSTGRESDB_DATABASE=n8n \
  DB_POSTGRESDB_USER=postgres DB_POSTGRESDB_PASSWORD=secret N8N_PORT=5678 STUB_START_DELAY=0s
check "n8n becomes healthy" soon 5 execute n8n "${n8n_health[@]}"
start gpt-oss STUB_START_DELAY=2s
check "gpt-oss listens" soon 5 prints '"stub":true' execute gpt-oss curl -s http://localhost:8080/
check "gpt-oss is unhealthy while it starts" not execute gpt-oss curl -f http://localhost:8080/health
check "gpt-oss becomes healthy after it" soon 5 execute gpt-oss curl -f http://localhost:8080/health
start api DATABASE_URL=postgresql://postgres:secret@postgres:5432/scripteam REDIS_URL=redis://redis:6379
check "api becomes healthy" soon 5 execute api curl -f http://localhost:3000/health

# nginx: with ScripTeam's configuration and certificate.
cp "$example/nginx.conf" "$work/nginx/etc/nginx/nginx.conf"
mkdir -p "$work/nginx/etc/nginx/ssl"
"$example/make-secrets.sh" > "$work/secrets.yaml"
for file in fullchain.pem privkey.pem; do
  sed -n "/^  $file: |/,/END/{/^    /s/^    //p}" "$work/secrets.yaml" > "$work/nginx/etc/nginx/ssl/$file"
done
rm "$work/nginx/var/log/nginx/"*.log
start nginx
check "nginx reaches the api" soon 5 prints '"postgres":"1 visits"' execute testbox curl -s http://localhost/
check "the api counts visits in both" prints '"postgres":"2 visits","redis":"2 visits"' execute testbox curl -s http://localhost/
check "nginx reaches n8n" prints '"service":"n8n"' execute testbox curl -s http://localhost/n8n/
check "nginx answers over TLS" prints "CN = scripteam.local" openssl s_client -connect localhost:443 -servername scripteam.local
check "nginx's health check passes" execute nginx nginx -t
check "an item is written through nginx" prints '"cached":true' execute testbox curl -s -d hello http://localhost/items
check "the item is in PostgreSQL" prints hello sql scripteam -c "select text from stub_items"
check "the item is in Redis" prints hello execute redis redis-cli get stub:item:1

check "redis stops on its signal" stop redis
check "api without redis is unhealthy" not execute api curl -f http://localhost:3000/health
check "api says so in its log" grep -q "health: redis:" "$work/api.log"
for image in nginx api n8n gpt-oss postgres; do check "$image stops on its signal" stop "$image"; done
start postgres -- postgres -c max_connections=23
check "postgres takes options" soon 10 prints 23 sql scripteam -c "show max_connections"
stop postgres
start postgres
check "postgres starts again on its data without a password" soon 10 \
  execute postgres pg_isready -q -h postgres -U postgres -d scripteam
check "postgres kept its rows" prints hello sql scripteam -c "select text from stub_items"
