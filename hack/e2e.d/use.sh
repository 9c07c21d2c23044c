# shellcheck shell=bash
# Functions that use the examples. Sourced by hack/e2e.

# proves WHAT PATTERN COMMAND...: what the command prints matches, within a minute.
proves() {
  local what=$1 pattern=$2 answer='' until=$((SECONDS + 60))
  shift 2
  until answer=$("$@" 2>&1) && [[ $answer =~ $pattern ]]; do
    ((SECONDS < until)) || {
      echo "FAILED $what: wanted /$pattern/ of $*, got: ${answer:-nothing}" >&2
      exit 1
    }
    sleep 0.5
  done
  say "  $what: $(head -n 1 <<<"${BASH_REMATCH[0]}" | cut -c1-120)"
}

# inside SERVICE COMMAND...: in the first container of the service.
inside() {
  local pod
  pod=$(kubectl get pods -l "stackwright.dev/service=$1" --field-selector=status.phase=Running -o name | head -n 1)
  kubectl exec "${pod:?of service $1 runs none}" --container "$1" -- "${@:2}"
}

# published SERVICE: the address that the load balancer gave it.
published() {
  kubectl get service "$1-published" -o jsonpath='{.status.loadBalancer.ingress[0].ip}'
}

# ask URL-OR-OPTIONS...: as a user's client, from outside of the cluster. The first answer of a
# program on a busy machine may take long, and to ask again is to write again.
ask() { curl --silent --show-error --fail --max-time 40 "$@"; }

# certificate FOLDER NAME: signed by itself, as examples/README.md says.
certificate() {
  mkdir -p "$1"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj "/CN=$2" \
    -keyout "$1/privkey.pem" -out "$1/fullchain.pem" 2>/dev/null
}

# refused COMMAND...: succeeds when the command does not.
refused() { ! "$@"; }

# ask_status OPTIONS...: the code of the answer alone.
ask_status() { curl --silent --output /dev/null --write-out '%{http_code}' --max-time 10 "$@"; }
