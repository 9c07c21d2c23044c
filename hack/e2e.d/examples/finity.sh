# shellcheck shell=bash disable=SC2034
# Nova-XFinity in production: a user registers and logs in, an article goes to the second
# database, which the init script made, and the page is served.

COMPOSE=(docker-compose.yml docker-compose.prod.yml)
PROFILES=()

prepare() { cp .env.example .env; }

use_example() {
  local logins articles user=name@example.com password=correct-horse token
  logins=http://$(published finity-backend):8000
  articles=http://$(published finity-backend-node):3001
  proves "a user registers" "\"email\":\"$user\"" \
    ask --json "{\"email\": \"$user\", \"password\": \"$password\"}" "$logins/auth/register"
  proves "their row is in PostgreSQL" "^$user\$" \
    inside finity-db psql -U postgres -d finity_auth -tAc 'select email from "user"'
  token=$(ask --data "username=$user" --data "password=$password" "$logins/auth/jwt/login" |
    sed 's/.*"access_token":"\([^"]*\)".*/\1/')
  proves "and they log in" "$user" ask --header "Authorization: Bearer $token" "$logins/me"
  proves "an article is written by Prisma" '"id":1,"title":"On stacks"' ask --json '{"title": "On stacks"}' "$articles/api/articles"
  proves "it is in the database that the init script made" '^On stacks$' \
    inside finity-db psql -U postgres -d finity_db -tAc 'select title from "Article"'
  proves "the modules came from the image into their volume" 'prisma.* /app/node_modules ' \
    inside finity-backend-node sh -c 'ls /app/node_modules; grep node_modules /proc/mounts'
  proves "the page is served by Vite, with its variable" 'VITE_API_URL.*http://localhost:8000' \
    ask "http://$(published finity-frontend):3000/index.html?html-proxy&index=0.js"
}
