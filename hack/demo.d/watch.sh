# shellcheck shell=bash
# Prints a line for each change of a service while a Stack starts, with the cause of its wait. Sourced by hack/demo and
# hack/e2e, which define operator_runs.

# The Stack as lines of fields behind a separator that no message has: `service`,
# then `condition`, then `end`, at which all that belongs together is there.
# shellcheck disable=SC2016 # Go's variables, not the shell's
STATUS_TEMPLATE='{{$s := "\u001f"}}{{with .status}}{{range .services}}service{{$s}}{{.name}}{{$s}}{{.state}}{{$s}}{{with .ready}}{{.}}{{end}}{{$s}}{{with .message}}{{.}}{{end}}{{$s}}{{with .waitsFor}}{{range .}}{{.}} {{end}}{{end}}
{{end}}{{range .conditions}}condition{{$s}}{{.type}}{{$s}}{{.status}}{{$s}}{{.reason}}{{$s}}{{.message}}
{{end}}{{end}}end{{$s}}{{.metadata.generation}}{{$s}}{{with .status}}{{with .observedGeneration}}{{.}}{{end}}{{end}}
'

# The process that watches; end_watch is called on every way out of the demo, since
# one that is left would hold on to the terminal.
WATCHER=''
end_watch() {
  [[ -z $WATCHER ]] || kill "$WATCHER" 2>/dev/null || true
  WATCHER=''
}

# watch_stack NAME SECONDS: returns when it is Ready; fails when it is Stalled, when
# the operator ends, or when the time is over.
watch_stack() {
  local name=$1 until=$((SECONDS + $2)) kind a b c d e
  local -A shown=() condition=()
  exec 7< <(exec kubectl get stk "$name" --watch -o go-template="$STATUS_TEMPLATE")
  WATCHER=$!
  while true; do
    # With a time limit, so that a dead operator is noticed in a silent stack.
    if ! IFS=$'\037' read -r -t 1 -u 7 kind a b c d e; then
      operator_runs || die "the operator has exited" "read its log below"
      kill -0 "$WATCHER" 2>/dev/null || die "the watch has ended" "read the log of the API server in $STATE"
      ((SECONDS < until)) || die "not Ready after $2 s" "read the states of the services below"
      continue
    fi
    case $kind in
    service)
      [[ ${shown[$a]:-} == "$b $c $d $e" ]] || show_change "$a" "$b" "$c" "${d:-${e:+waits for ${e% }}}"
      shown[$a]="$b $c $d $e"
      ;;
    condition)
      condition[$a]="$b $c: $d"
      ;;
    end)
      if [[ $a == "$b" ]]; then
        [[ ${condition[Stalled]:-} != True* ]] || die "the Stack is Stalled: ${condition[Stalled]#True }" "fix the spec as the message says"
        [[ ${condition[Ready]:-} != True* ]] || break
      fi
      condition=()
      ;;
    esac
  done
  end_watch
  exec 7<&-
}

# show_change SERVICE STATE READY CAUSE
show_change() {
  local colour='' plain=''
  if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
    plain=$'\e[0m'
    case $2 in
    Running | Healthy | Completed) colour=$'\e[32m' ;;
    Blocked | Unhealthy | Failed) colour=$'\e[31m' ;;
    *) colour=$'\e[33m' ;;
    esac
  fi
  printf '[%6ss]   %-10s %s%-10s%s %-5s %s\n' "$(elapsed)" "$1" "$colour" "$2" "$plain" "$3" "$4"
}
