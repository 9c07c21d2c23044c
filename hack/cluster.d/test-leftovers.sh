#!/usr/bin/env bash
# Proves that `hack/cluster down` leaves nothing behind: what the machine shows
# (interfaces, routes, mounts, firewall rules, processes, cgroups) is the same
# before `up` and after `down`, also when parts of the cluster were killed, and
# when `up` itself was.
#
# It runs in network, mount and process namespaces of its own, so that "the
# machine" is all its own and others may start clusters meanwhile.
set -euo pipefail

if [[ ${1:-} != inside ]]; then
  ((EUID == 0)) || { echo "real nodes need root: run it as root" >&2 && exit 1; }
  exec unshare --net --mount --pid --fork --mount-proc -- "$0" inside
fi

cluster=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/cluster
name=leftovers
mkdir -p "$(dirname "$cluster")/../.cluster"
work=$(mktemp -d "$(dirname "$cluster")/../.cluster/.leftovers.XXXXXX")
export STACKWRIGHT_CLUSTER_STATE=$work/state
passed=0 failed=0

finish() {
  "$cluster" down --name "$name" >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap finish EXIT

result() { # TEXT OK
  if [[ $2 == yes ]]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED $1"
  fi
}

# snapshot FOLDER: one file for each thing to be compared.
snapshot() {
  mkdir -p "$1"
  ip -o link | sed 's/^[0-9]*: //' >"$1/interfaces"
  ip route show table all >"$1/routes"
  ip netns list >"$1/namespaces"
  # Without the ids of mounts, which count up.
  cut -d' ' -f4- /proc/self/mountinfo >"$1/mounts"
  nft list ruleset >"$1/nftables"
  iptables-save 2>/dev/null | sed '/^#/d' >"$1/iptables"
  # The dead that wait for this script to collect them are none.
  ps -eo stat=,args= | awk '$1 !~ /Z/' | grep -v -e ' ps -eo' -e ' awk ' -e ' grep ' -e test-leftovers >"$1/processes" || true
  find /sys/fs/cgroup -maxdepth 2 -name 'stackwright-*' >"$1/cgroups"
  ls /tmp/stackwright-slots >"$1/slots" 2>/dev/null || true
  find "$STACKWRIGHT_CLUSTER_STATE" -mindepth 1 >"$1/state" 2>/dev/null || true
}

# What belongs to clusters of others cannot be told apart by a namespace: these
# two are compared by what our slot's number is in.
ours_only() {
  sed -n "/stackwright-$slot-/p" "$1/cgroups" >"$1/cgroups.ours"
  sed -n "/^$slot\$/p" "$1/slots" >"$1/slots.ours"
  rm "$1/cgroups" "$1/slots"
}

compare() { # WHAT-HAPPENED
  local aspect same
  snapshot "$work/after"
  ours_only "$work/after"
  for aspect in "$work/after"/*; do
    aspect=$(basename "$aspect")
    same=yes
    diff "$work/before/$aspect" "$work/after/$aspect" || same=no
    result "after $1: $aspect as before" $same
  done
}

up() {
  "$cluster" up --real 2 --name "$name" 2>>"$work/up.log" || { cat "$work/up.log" && exit 1; }
  slot=$(cat "$STACKWRIGHT_CLUSTER_STATE/$name/slot")
}
down() { "$cluster" down --name "$name" 2>/dev/null; }
kubectl() { "$cluster" kubectl --name "$name" -- "$@"; }

# Pods, a volume, a policy and a load balancer: all that makes mounts and rules.
fill() {
  kubectl apply -f - >/dev/null <<'YAML'
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 4
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: "busybox:1", command: [sleep, "1000"], ports: [{containerPort: 80, hostPort: 8080}]}]}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: v1
kind: Pod
metadata: {name: volume}
spec:
  containers: [{name: c, image: "busybox:1", command: [sleep, "1000"], volumeMounts: [{name: d, mountPath: /d}]}]
  volumes: [{name: d, persistentVolumeClaim: {claimName: data}}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny}
spec: {podSelector: {}}
YAML
  kubectl wait --for=condition=Ready pod/volume --timeout=60s >/dev/null
}

pid_of() { cut -d' ' -f1 "$STACKWRIGHT_CLUSTER_STATE/$name/pids/$1"; }

# --- rounds -----------------------------------------------------------------

ip link set lo up
mkdir -p "$STACKWRIGHT_CLUSTER_STATE"
slot=none
snapshot "$work/before"
ours_only "$work/before"

up
fill
began=${EPOCHREALTIME/[.,]/}
up
result "up on a running cluster answers within a second" "$( ((${EPOCHREALTIME/[.,]/} - began < 1000000)) && echo yes)"
down
compare "up and down"

up
down
compare "a second up and down"

up
fill
kill -9 "$(pid_of apiserver)" "$(pid_of etcd)" "$(pid_of "$name-1")"
pkill -9 -x kubelet -n # in this process namespace: the other node's
result "status says that it is broken" "$("$cluster" status --name "$name" >/dev/null || echo yes)"
down
compare "a crash and down"

"$cluster" up --real 2 --name "$name" 2>/dev/null &
victim=$!
until [[ -e $STACKWRIGHT_CLUSTER_STATE/$name/pids/$name-2 ]]; do sleep 0.1; done
kill -9 $victim
wait $victim 2>/dev/null || true
up
result "up after a killed up" "$("$cluster" status --name "$name" >/dev/null && echo yes)"
down
compare "a killed up, up and down"

echo "$passed passed, $failed failed"
((failed == 0))
