# shellcheck shell=bash disable=SC2034
# code-checker, as in production: passwords and token in files, a task from the queue in
# Redis to its result in PostgreSQL; then the project changes.

COMPOSE=(docker-compose.yml docker-compose.prod.yml)
PROFILES=()

prepare() { cp .env.example .env; }

use_example() {
  local app
  app=http://$(published code-checker):3000
  proves "a page" 'code-checker' ask "$app/"
  proves "a task is taken" '"task":"1"' ask --data "a line
a line that is longer than twenty characters" "$app/api/tasks"
  proves "a worker did it, by the queue in Redis" '^1$' inside redis redis-cli zcard bull:analysis:completed
  proves "its result is in PostgreSQL" '^1\|1$' \
    inside postgres psql -U codechecker -tAc 'select task, long_lines from results'
  proves "and comes back" '"long_lines":1' ask "$app/api/results"
  proves "the token of the file is taken" '"concurrency":3' ask --header "Authorization: Bearer change-me" "$app/api/settings"
  proves "another one is not" '401' ask_status --header "Authorization: Bearer other" "$app/api/settings"
  proves "the database's password of the file is asked for" 'password authentication failed' \
    refused inside postgres env PGPASSWORD=other psql -h postgres -U codechecker -c 'select 1'
  change_its_mind "$app"
}

# A change of the project, as a user makes it, and the Stack with two services less.
change_its_mind() {
  in_project sed -i 's/^# \(MAX_CONCURRENT_ANALYSIS_TASKS\)=.*/\1=5/' .env
  convert_and_apply
  proves "a changed variable reaches the application" '"concurrency":5' \
    ask --max-time 3 --header "Authorization: Bearer change-me" "$1/api/settings"
  proves "the Stack has three services" '^3$' count_of_workloads
  kubectl patch stk "$STACK" --type json --patch \
    '[{"op": "remove", "path": "/spec/services/code-checker"}, {"op": "remove", "path": "/spec/services/redis"}]'
  proves "those that are taken out go" '^1$' count_of_workloads
}

count_of_workloads() { kubectl get deployment,statefulset -l "stackwright.dev/stack=$STACK" -o name | wc -l; }
