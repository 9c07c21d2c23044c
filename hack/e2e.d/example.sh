# shellcheck shell=bash
# Runs one example, from its Compose files to the end of its use. Sourced by hack/e2e.

# run_example EXAMPLE: in a subshell, and outside of any condition, where bash would
# ignore errors in the middle of it. Counts in `failed`.
run_example() {
  local began=$SECONDS code
  printf '\n'
  say "== $1"
  set +e
  (
    set -e
    EXAMPLE=$1
    trap 'end_watch; explain_failure' EXIT
    # shellcheck source=/dev/null
    source "hack/e2e.d/examples/$EXAMPLE.sh"
    hack/cluster serve --name e2e "$(hack/images dir "$EXAMPLE")"
    bring_up
    use_example
    note_origins
    trap - EXIT
    take_down
  )
  code=$?
  set -e
  printf '%-16s %4d s  %s\n' "$1" $((SECONDS - began)) "$( ((code)) && echo FAILED || echo passed)" >>"$WORK/times"
  failed=$((failed + (code > 0)))
}

# bring_up: what a user does who has the project's folder.
bring_up() {
  cp -a "$ROOT/examples" "$WORK/$EXAMPLE.of"
  kubectl create namespace "$EXAMPLE" >/dev/null
  kubectl config set-context --current --namespace "$EXAMPLE" >/dev/null
  in_project prepare # of the example: what is in no repository
  convert_and_apply
  STACK=$(kubectl get stk -o jsonpath='{.items[0].metadata.name}')
  watch_stack "$STACK" "${READY_WITHIN:-300}"
  say "$STACK is Ready"
}

# in_project COMMAND...: in the example's folder.
in_project() (
  cd "$WORK/$EXAMPLE.of/$EXAMPLE"
  "$@"
)

convert_and_apply() {
  local arguments=() value
  for value in "${COMPOSE[@]}"; do arguments+=(--file "$value"); done
  for value in "${PROFILES[@]}"; do arguments+=(--profile "$value"); done
  say "stackwright convert ${arguments[*]//"$ROOT/"/} --secrets plain | kubectl apply -f -"
  in_project "$(realpath "${CARGO_TARGET_DIR:-$ROOT/target}")/debug/stackwright" convert "${arguments[@]}" --secrets plain --output - \
    >"$WORK/$EXAMPLE.yaml" 2>"$WORK/$EXAMPLE.warnings"
  say "$(grep -c '^warning' "$WORK/$EXAMPLE.warnings") warnings, in ${WORK#"$ROOT/"}/$EXAMPLE.warnings"
  kubectl apply -f "$WORK/$EXAMPLE.yaml"
}

# Volumes outlive a Stack, as they do `docker compose down`, and go with the namespace.
take_down() {
  kubectl delete stk "$STACK" >/dev/null
  kubectl wait --for=delete pod --all --timeout=120s >/dev/null
  kubectl delete namespace "$EXAMPLE" --wait=false >/dev/null
}

# note_origins: what has run, as the compose file calls it, and by the name that the node knows it by.
note_origins() {
  local service image known
  kubectl get pods -l stackwright.dev/service -o go-template="$IMAGES" | sort -u | while read -r service image known; do
    printf '%s\t%s\t%s\t%s\n' "$EXAMPLE" "$service" "$image" "$(origin_of "$known")"
  done >>"$WORK/origins"
}

IMAGES='{{range .items}}{{$s := index .metadata.labels "stackwright.dev/service"}}{{$known := .status.containerStatuses}}{{range .spec.containers}}{{$c := .}}{{range $known}}{{if eq .name $c.name}}{{$s}} {{$c.image}} {{.image}}
{{end}}{{end}}{{end}}{{end}}'

# The example's own images go before those that all have.
origin_of() {
  { hack/images origins "$EXAMPLE" && hack/images origins; } |
    awk -F'\t' -v image="$1" '$1 == image { print $2; found = 1; exit } END { if (!found) print "unknown" }'
}

# The pods' containers that do not run or are not Ready, a line each.
NOT_READY='{{range .items}}{{$p := .metadata.name}}{{range .status.initContainerStatuses}}{{if not .ready}}{{$p}} {{.name}}
{{end}}{{end}}{{range .status.containerStatuses}}{{if not .ready}}{{$p}} {{.name}}
{{end}}{{end}}{{end}}'

explain_failure() {
  {
    echo "--- services and their Pods"
    kubectl get stk "${STACK:-}" -o go-template="$STATUS_TEMPLATE" | tr '\037' ' ' | sed -n 's/^service /  /p'
    kubectl get pods -o wide
    kubectl get events --sort-by=.lastTimestamp | tail -n 15
    kubectl get pods -o go-template="$NOT_READY" | while read -r pod container; do
      echo "--- $pod $container"
      kubectl logs "$pod" -c "$container" --tail 15 </dev/null
    done
    echo "--- last lines of the operator's log"
    kubectl -n "$OPERATOR_NAMESPACE" logs "deployment/$RELEASE" --tail 15
  } >&2 2>&1 || true
}
