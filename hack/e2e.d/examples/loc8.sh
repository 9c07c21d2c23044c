# shellcheck shell=bash disable=SC2034
# LOC8 in production, with the database and the cache of larger installations: pages and the
# API through nginx, two replicas that share a volume.

COMPOSE=(docker-compose.prod.yml)
PROFILES=(database cache)

prepare() {
  cp .env.example .env
  certificate ssl loc8.local
}

use_example() {
  local nginx
  nginx=$(published nginx)
  proves "the page comes through nginx" 'Places' ask "http://$nginx/"
  proves "and over TLS" 'Places' ask --insecure "https://$nginx/"
  proves "the API behind it writes a row" '"id":1,"name":"Harbour"' ask --request POST "http://$nginx/api/places?name=Harbour"
  proves "it is in PostgreSQL" '^Harbour$' inside postgres psql -U loc8 -tAc 'select name from places'
  proves "it is counted in Redis" '^1$' inside redis redis-cli get places
  proves "a journal is in the volume of both replicas" 'Harbour' inside backend cat /app/data/journal.txt
  proves "both replicas answer" '^2$' hosts "http://$nginx/api/host"
  proves "the API describes itself" 'LOC8' ask "http://$nginx/docs"
  proves "production's variables went before those of the file" '"debug":"false"' ask "http://$nginx/api/host"
}

# How many hosts answer, of ten times asked.
hosts() {
  local _
  for _ in {1..10}; do
    ask "$1"
    echo
  done | sed 's/.*"host":"\([^"]*\)".*/\1/' | sort -u | wc -l
}
