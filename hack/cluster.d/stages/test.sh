#!/usr/bin/env bash
# Proves the stages: each case steers pods by annotations and looks at what the
# API server then shows. Runs on the simulated cluster whose name is given, or on
# one of its own, in a namespace of its own; the cases run side by side.
set -euo pipefail

cluster=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/cluster
name=${1:-stages-test-$$}
namespace=stages-$$
work=$(mktemp -d)

finish() {
  local code=$?
  trap - EXIT
  jobs -p | xargs -r kill 2>/dev/null || true
  if [[ -n ${own:-} ]]; then
    "$cluster" down --name "$name" 2>/dev/null
  else
    kubectl delete namespace "$namespace" --wait=false >/dev/null 2>&1
  fi
  rm -rf "$work"
  exit "$code"
}
trap finish EXIT

if ! "$cluster" env --name "$name" >/dev/null 2>&1; then
  own=yes
  "$cluster" up --simulated 2 --name "$name"
fi
eval "$("$cluster" env --name "$name")"
PATH=$("$cluster" bin):$PATH
kubectl create namespace "$namespace" >/dev/null
kubectl config view --raw >"$work/kubeconfig"
export KUBECONFIG=$work/kubeconfig
kubectl config set-context --current --namespace "$namespace" >/dev/null

# Everything that ever happens to a pod, one line each, so that a case can say
# that something never did:
# TIME POD PHASE READY REASON EXIT-CODE RESTARTS
# shellcheck disable=SC2016 # Go's variables, not the shell's
template='{{with .object}}{{.metadata.name}} {{.status.phase}} {{$r := "False"}}{{range .status.conditions}}{{if eq .type "Ready"}}{{$r = .status}}{{end}}{{end}}{{$r}}{{with .status.containerStatuses}}{{with index . 0}} {{with .state.waiting}}{{.reason}}{{else}}-{{end}} {{with .state.terminated}}{{.exitCode}}{{else}}{{with .lastState.terminated}}{{.exitCode}}{{else}}-{{end}}{{end}} {{.restartCount}}{{end}}{{else}} - - -{{end}}
{{end}}'
kubectl get pods --watch --output-watch-events -o go-template="$template" |
  while read -r line; do echo "${EPOCHREALTIME/[.,]/} $line"; done >"$work/history" &

# --- words for the cases ----------------------------------------------------

fail() {
  echo "  $*" >>"$work/$case.why"
  exit 1
}

# sees POD 'PHASE READY REASON EXIT RESTARTS': its state is, or becomes, this.
sees() {
  local state i
  for ((i = 0; i < 200; i++)); do
    state=$(awk -v p="$1" '$2 == p { s = $3" "$4" "$5" "$6" "$7 } END { print s }' "$work/history")
    # shellcheck disable=SC2053 # a pattern is welcome
    [[ $state == $2 ]] && return
    sleep 0.1
  done
  fail "$1: expected '$2', is '$state'"
}

# was_never POD PATTERN (of a line of the history, from the pod's name on)
was_never() {
  ! grep -E "^[0-9]+ $1 $2" "$work/history" >>"$work/$case.why" || fail "$1 was '$2' (above)"
}

# took POD FROM TO SECONDS: the pod's first TO came that long after its first FROM
# (up to 0.5 s early, as the first of them may be read late; up to 10 s late: on a
# busy machine both happen).
took() {
  awk -v p="$1" -v from="$2" -v to="$3" -v want="$4" '
    $2 == p { line = $3" "$4" "$5; if (!a && line ~ from) a = $1; if (!b && line ~ to) b = $1 }
    END { t = (b - a) / 1e6; if (t < want - 0.5 || t > want + 10) { print "  took " t " s, not " want; exit 1 } }' \
    "$work/history" >>"$work/$case.why" || fail "$1: from '$2' to '$3'"
}

annotate() { kubectl annotate --overwrite pod "$1" "${@:2}" >/dev/null; }

# pod NAME POLICY [ANNOTATION=VALUE...]; ours without their domain.
pod() {
  kubectl apply -f - >/dev/null <<YAML
apiVersion: v1
kind: Pod
metadata: {name: $1, annotations: {$(annotations "${@:3}")}}
spec: {restartPolicy: $2, containers: [{name: c, image: example/c:1}]}
YAML
}

# job NAME [ANNOTATION=VALUE...]; sets POD to its pod's name.
job() {
  kubectl apply -f - >/dev/null <<YAML
apiVersion: batch/v1
kind: Job
metadata: {name: $1}
spec:
  backoffLimit: 0
  podReplacementPolicy: Failed
  template:
    metadata: {annotations: {$(annotations "${@:2}")}}
    spec: {restartPolicy: Never, containers: [{name: c, image: example/c:1}]}
YAML
  kubectl wait pod -l "job-name=$1" --for=create --timeout=20s >/dev/null || fail "no pod of job $1"
  POD=$(kubectl get pod -l "job-name=$1" -o jsonpath='{.items[0].metadata.name}')
}

annotations() {
  local pair
  for pair in "$@"; do printf 'sim.stackwright.dev/%s: "%s", ' "${pair%%=*}" "${pair#*=}"; done
}

wait_job() { kubectl wait "job/$1" --for="condition=$2" --timeout=20s >/dev/null || fail "job $1 is not $2"; }

# --- cases ------------------------------------------------------------------

case_plain() {
  pod plain Always
  sees plain 'Running True - - 0'
}

case_never_and_back() {
  pod never Always ready=never
  sees never 'Running False - - 0'
  sleep 0.5
  was_never never 'Running True'
  annotate never sim.stackwright.dev/ready=now
  sees never 'Running True - - 0'
  annotate never sim.stackwright.dev/ready=never
  sees never 'Running False - - 0'
  annotate never sim.stackwright.dev/ready-
  sees never 'Running True - - 0'
  annotate never sim.stackwright.dev/ready=never
  sees never 'Running False - - 0'
}

case_ready_after() {
  pod after Always ready-after=2s
  sees after 'Running True - - 0'
  took after 'Running False' 'Running True' 2
}

case_ready_after_then_now() {
  pod sooner Always ready-after=10m
  sees sooner 'Running False - - 0'
  annotate sooner sim.stackwright.dev/ready=now
  sees sooner 'Running True - - 0'
}

case_ready_after_then_never() {
  pod recalled Always ready-after=8s
  sees recalled 'Running False - - 0'
  annotate recalled sim.stackwright.dev/ready=never
  sleep 9
  was_never recalled 'Running True'
}

case_init_containers() {
  kubectl apply -f - >/dev/null <<'YAML'
apiVersion: v1
kind: Pod
metadata: {name: init, annotations: {sim.stackwright.dev/ready: never}}
spec:
  initContainers: [{name: i, image: example/i:1}]
  containers: [{name: c, image: example/c:1}, {name: d, image: example/d:1}]
YAML
  sees init 'Running False - - 0'
  local reason
  reason=$(kubectl get pod init -o jsonpath='{.status.initContainerStatuses[0].state.terminated.reason}')
  [[ $reason == Completed ]] || fail "init container is '$reason'"
}

case_crash() {
  pod crash Always exit-code=3
  sees crash 'Running False CrashLoopBackOff 3 1'
  was_never crash 'Running True'
  annotate crash sim.stackwright.dev/exit-code-
  sees crash 'Running True - 3 1'
}

case_crash_later() {
  pod later Always exit-code=4 exit-after=1s
  sees later 'Running False CrashLoopBackOff 4 1'
  took later 'Running True' 'CrashLoopBackOff' 1
}

case_crash_of_a_ready_pod() {
  pod live Always
  sees live 'Running True - - 0'
  annotate live sim.stackwright.dev/exit-code=5
  sees live 'Running False CrashLoopBackOff 5 1'
}

case_on_failure() {
  pod good OnFailure exit-code=0
  pod bad OnFailure exit-code=2
  sees good 'Succeeded False - 0 0'
  sees bad 'Running False CrashLoopBackOff 2 1'
}

case_job_completes() {
  job plain
  wait_job plain Complete
}

case_job_fails() {
  job fails exit-code=7
  wait_job fails Failed
  sees "$POD" 'Failed False - 7 0'
}

case_job_exits_later() {
  job slow exit-code=0 exit-after=2s
  wait_job slow Complete
  took "$POD" 'Running True' 'Succeeded' 2
}

case_job_fails_later() {
  job slowfail exit-code=1 exit-after=1s ready=never
  wait_job slowfail Failed
  was_never "$POD" 'Running True'
}

case_job_is_held() {
  job held ready=never
  sees "$POD" 'Running False - - 0'
  sleep 1
  was_never "$POD" 'Succeeded'
  annotate "$POD" sim.stackwright.dev/ready=now
  wait_job held Complete
}

# A Job that counts only failed pods as gone must see the phase of a deleted one.
case_job_pod_deleted() {
  job replaced exit-after=10m
  sees "$POD" 'Running True - - 0'
  kubectl delete pod "$POD" --wait=false >/dev/null
  wait_job replaced Failed
}

case_image_missing() {
  pod image Always image=missing
  sees image 'Pending False ImagePullBackOff - 0'
  sleep 0.5
  (($(grep -c " image Pending False ImagePull" "$work/history") == 1)) || fail "written more than once"
  annotate image sim.stackwright.dev/image-
  sees image 'Running True - - 0'
}

case_linger() {
  local began
  pod linger Always linger=2s
  sees linger 'Running True - - 0'
  began=${EPOCHREALTIME/[.,]/}
  kubectl delete pod linger --timeout=20s >/dev/null || fail "it stays"
  began=$(((${EPOCHREALTIME/[.,]/} - began) / 1000))
  ((began >= 1900 && began < 12000)) || fail "gone after $began ms"
}

case_deleted_at_once() {
  pod gone Always
  sees gone 'Running True - - 0'
  kubectl delete pod gone --timeout=20s >/dev/null || fail "it stays"
}

case_volume() {
  kubectl apply -f - >/dev/null <<'YAML'
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
YAML
  kubectl wait pvc data --for=jsonpath='{.status.phase}'=Pending --timeout=5s >/dev/null || fail "bound before its pod"
  kubectl apply -f - >/dev/null <<'YAML'
apiVersion: v1
kind: Pod
metadata: {name: volume}
spec:
  containers: [{name: c, image: example/c:1, volumeMounts: [{name: d, mountPath: /d}]}]
  volumes: [{name: d, persistentVolumeClaim: {claimName: data}}]
YAML
  kubectl wait pvc data --for=jsonpath='{.status.phase}'=Bound --timeout=20s >/dev/null || fail "claim not bound"
  local volume
  volume=$(kubectl get pvc data -o jsonpath='{.spec.volumeName}')
  sees volume 'Running True - - 0'
  kubectl delete pod volume >/dev/null
  kubectl delete pvc data >/dev/null
  kubectl wait pv "$volume" --for=delete --timeout=20s >/dev/null || fail "volume stays"
}

case_load_balancer() {
  kubectl create service loadbalancer lb --tcp=80 >/dev/null
  kubectl wait service lb --for=jsonpath='{.status.loadBalancer.ingress[0].ip}' --timeout=20s >/dev/null || fail "no address"
}

# --- run --------------------------------------------------------------------

mapfile -t cases < <(compgen -A function case_)
declare -A runs=()
for case in "${cases[@]}"; do
  "$case" 2>>"$work/$case.why" &
  runs[$case]=$!
done
passed=0 failed=0
for case in "${cases[@]}"; do
  if wait "${runs[$case]}"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED ${case#case_}"
    cat "$work/$case.why"
  fi
done
echo "$passed passed, $failed failed"
((failed == 0))
