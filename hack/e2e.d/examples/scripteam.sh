# shellcheck shell=bash disable=SC2034
# ScripTeam: a row written through nginx and the API is in PostgreSQL, a job passes through
# Redis, and the init script made n8n's database.

# The project reserves four processors for the language model, which a small node has not.
COMPOSE=(compose.yaml "$ROOT/hack/e2e.d/examples/scripteam.yaml")
PROFILES=()

prepare() {
  cp .env.example .env
  certificate infrastructure/nginx/ssl scripteam.local
}

use_example() {
  local nginx
  nginx=$(published nginx)
  proves "a row is written through nginx and the api" '"id":1,"text":"a short script"' \
    ask --data "a short script" "http://$nginx/scripts"
  proves "it is in PostgreSQL" '^1\|a short script$' \
    inside postgres psql -U postgres -d scripteam -tAc 'select id, text from scripts'
  proves "its job went through Redis" '^1$' inside redis redis-cli zcard bull:scripts:completed
  proves "and the worker has counted the words" '"words":3' ask "http://$nginx/scripts"
  proves "nginx serves the file that the api wrote to their volume" '^a short script$' \
    ask "http://$nginx/uploads/1.txt"
  proves "the init script made a second database" '^n8n$' \
    inside postgres psql -U postgres -tAc "select datname from pg_database where datname = 'n8n'"
  proves "n8n answers behind nginx, over TLS" '"service":"n8n"' ask --insecure "https://$nginx/n8n/"
}
