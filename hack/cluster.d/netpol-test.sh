#!/usr/bin/env bash
# netpol-test.sh [NAME]: proves the enforcer of network policies on two real nodes
# (those of the cluster NAME, or of one of its own): a table of policies, each with
# who may then reach whom, and every pod is asked to reach every other.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cluster=$here/../cluster
name=${1:-}
work=$(mktemp -d)
rows=0 failed=0

finish() {
  local code=$?
  trap - EXIT
  if [[ -z ${1:-} ]]; then "$cluster" down --name "$name" 2>/dev/null || true; fi
  rm -rf "$work"
  exit "$code"
}

if [[ -z $name ]]; then
  name=netpol-$$
  trap finish EXIT
  images=$("$here/../images" dir)
  "$cluster" up --real 2 --name "$name" --images "$images"
else
  trap 'finish keep' EXIT
fi
eval "$("$cluster" env --name "$name")"
PATH=$("$cluster" bin):$PATH

# The pods, each with its namespace; the number is that of its node. A sixth place to
# knock from is the machine, m: it is outside of the cluster. Every pod answers on
# these ports; 'web' is the name of 80, but on c2 and e2 of 81.
declare -A SPACE=([a1]=x [b1]=x [c2]=x [d1]=y [e2]=y) IP=()
PODS=(a1 b1 c2 d1 e2)
PORTS=(80 81 90 53/udp)

object() { printf -- '---\n%s\n' "$1"; }

place_pods() {
  local pod web
  {
    for pod in x y; do
      object "{apiVersion: v1, kind: Namespace, metadata: {name: netpol-$pod, labels: {space: space-$pod}}}"
    done
    for pod in "${PODS[@]}"; do
      web=80
      [[ $pod != *2 ]] || web=81
      object "{apiVersion: v1, kind: Pod, metadata: {name: $pod, namespace: netpol-${SPACE[$pod]}, labels: {pod: $pod}}, spec: {
        nodeName: $name-${pod#?}, terminationGracePeriodSeconds: 0, containers: [{name: c, image: 'stackwright/witness:1',
        args: ['80', '81', '90', 53/udp], ports: [{name: web, containerPort: $web}, {name: dns, containerPort: 53, protocol: UDP}]}]}}"
    done
    object "{apiVersion: v1, kind: Service, metadata: {name: a1, namespace: netpol-x}, spec: {
      selector: {pod: a1}, ports: [{port: 1080, targetPort: web}]}}"
  } | kubectl apply -f - >/dev/null
  find_pods
  service=$(kubectl -n netpol-x get service a1 -o 'jsonpath={.spec.clusterIP}'):1080
}

# find_pods: sets IP, when all are Ready.
find_pods() {
  local space pod address
  for space in x y; do
    kubectl -n "netpol-$space" wait pod --all --for=condition=Ready --timeout=60s >/dev/null
  done
  while read -r pod address; do IP[$pod]=$address; done < <(
    kubectl get pods -A -l pod -o 'jsonpath={range .items[*]}{.metadata.name} {.status.podIP}{"\n"}{end}')
}

# --- words for the rows -----------------------------------------------------

# row SENTENCE EXPECTED [SPACE SPEC]...: with these policies and no others. EXPECTED
# is 'into POD...: FROM...' and 'out of POD...: TO...', parted by ';': who alone may,
# each on all ports or as POD:PORT,PORT. What is not spoken of is open.
row() {
  local sentence=$1 expected=$2 i=0
  shift 2
  kubectl delete networkpolicies -A -l netpol=row >/dev/null
  while (($#)); do
    i=$((i + 1))
    object "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy,
      metadata: {name: row-$i, namespace: netpol-$1, labels: {netpol: row}}, spec: {$2}}"
    shift 2
  done >"$work/policies"
  [[ $i == 0 ]] || kubectl create -f "$work/policies" >/dev/null
  judge "$sentence" "$expected"
}

# change SENTENCE EXPECTED COMMAND...: after the row before it, with this change.
change() {
  "${@:3}" >/dev/null
  judge "$1" "$2"
}

# judge SENTENCE EXPECTED: a policy takes a moment on nodes that run already, so a
# difference is looked at again, for some seconds; the line says so.
judge() {
  local until=$((SECONDS + 10)) same='' looks=0 verdict='the pods could not be asked'
  while [[ -z $same ]]; do
    looks=$((looks + 1))
    if look && verdict=$(compare "$2"); then same=yes; fi
    ((SECONDS < until)) || break
  done
  ((looks == 1)) || verdict="(look $looks) $verdict"
  report "$1" "$same" "$verdict"
}

# report SENTENCE PASSED VERDICT
report() {
  rows=$((rows + 1))
  if [[ -n $2 ]]; then
    printf 'passed  %-76s %s\n' "$1" "$3"
  else
    failed=$((failed + 1))
    printf 'FAILED  %-76s %s\n' "$1" "${3//$'\n'/$'\n'          }"
  fi
}

# look: from every pod to every other and to a1's Service, and from the machine; one
# line for each in $work/seen: FROM TO PORT reached|not|WHAT-ELSE.
look() {
  local from to port targets runs=() run
  declare -A target=()
  for from in "${PODS[@]}"; do
    targets=()
    for to in "${PODS[@]}"; do
      [[ $to != "$from" ]] || continue
      for port in "${PORTS[@]}"; do
        targets+=("${IP[$to]}:$port")
        target[${IP[$to]}:$port]="$to $port"
      done
    done
    kubectl -n "netpol-${SPACE[$from]}" exec "$from" -- witness reach "${targets[@]}" "$service" >"$work/$from" 2>&1 &
    runs+=($!)
  done
  for to in "${PODS[@]}"; do
    { timeout 1.5 bash -c "exec 3<>/dev/tcp/${IP[$to]}/80" 2>/dev/null && echo reached || echo not; } >"$work/m-$to" &
    runs+=($!)
  done
  target[$service]='service 80'
  for run in "${runs[@]}"; do wait "$run" || return 1; done

  for to in "${PODS[@]}"; do echo "m $to 80 $(<"$work/m-$to")"; done >"$work/seen"
  for from in "${PODS[@]}"; do
    tr ',{}' '\n' <"$work/$from" | sed -n 's/"\(.*\)":"\(.*\)"/\1 \2/p' | while read -r to answer; do
      if [[ $answer =~ ^[0-9a-f]{16}$ ]]; then answer=reached; fi
      echo "$from ${target[$to]} ${answer/no answer/not}"
    done
  done >>"$work/seen"
}

# compare EXPECTED: prints the sums, and each difference on a line of its own; fails
# when there is one.
compare() {
  awk -v clauses="$1" '
    function listed(words, pod, port,   n, i, word) {
      n = split(words, word, " ")
      for (i = 1; i <= n; i++)
        if (word[i] == pod || index(word[i], pod ":") == 1 && index("," substr(word[i], length(pod) + 2) ",", "," port ",")) return 1
      return 0
    }
    function may(from, to, port,   n, i, clause, pods, allowed) {
      if (to == "service") { if (from == "a1") return 1; to = "a1" } # a pod may always reach itself
      n = split(clauses, clause, / *; */)
      for (i = 1; i <= n; i++) {
        match(clause[i], /:( |$)/)
        pods = substr(clause[i], 1, RSTART - 1)
        allowed = substr(clause[i], RSTART + 1)
        if (sub(/^into /, "", pods)) { if (listed(pods, to, port) && !listed(allowed, from, port)) return 0 }
        else if (sub(/^out of /, "", pods)) { if (listed(pods, from, port) && !listed(allowed, to, port)) return 0 }
      }
      return 1
    }
    { answer = $4; for (i = 5; i <= NF; i++) answer = answer " " $i
      want = may($1, $2, $3) ? "reached" : "not"
      expected += want == "reached"; seen += answer == "reached"
      if (want != answer) different = different "\n" $1 " to " $2 ":" $3 ": expected " want ", seen " answer }
    END { printf "expected %d of %d, seen %d%s\n", expected, NR, seen, different; exit different != "" || NR != 90 }' "$work/seen"
}

# storm SENTENCE SPEC FIRST TRY: 20 pods that SPEC closes and 4 that it does not select,
# started together, right behind the policy. Their program does FIRST, then TRY 50
# times in a second, from its first millisecond on; that says "reached" when it works.
storm() {
  local i may closed open tried
  kubectl delete networkpolicies -A -l netpol=row >/dev/null
  {
    object "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: row-1, namespace: netpol-x,
      labels: {netpol: row}}, spec: {podSelector: {matchLabels: {may: 'no'}}, $2}}"
    for ((i = 1; i <= 24; i++)); do
      may=no
      ((i <= 20)) || may=yes
      object "{apiVersion: v1, kind: Pod, metadata: {name: storm-$i, namespace: netpol-x, labels: {may: '$may'}}, spec: {
        nodeName: $name-$((i % 2 + 1)), restartPolicy: Never, terminationGracePeriodSeconds: 0, containers: [{
        name: c, image: 'stackwright/testbox:1', env: [{name: SELF, valueFrom: {fieldRef: {fieldPath: status.podIP}}}],
        command: [sh, -c, '$3; for i in \$(seq 50); do $4 & usleep 20000; done; sleep 2; echo tried']}]}}"
    done
  } | kubectl create -f - >/dev/null
  kubectl -n netpol-x wait pod -l may --for=jsonpath='{.status.phase}'=Succeeded --timeout=180s >/dev/null || true
  for may in no yes; do
    kubectl -n netpol-x logs -l may=$may --prefix --tail=-1 --max-log-requests=24 | sort -u >"$work/storm-$may"
  done
  closed=$(grep -c reached "$work/storm-no") || true
  open=$(grep -c reached "$work/storm-yes") || true
  tried=$(cat "$work"/storm-* | grep -c tried) || true
  kubectl -n netpol-x delete pod -l may >/dev/null
  report "$1" "$([[ "$closed $open $tried" != '0 4 24' ]] || echo yes)" \
    "expected 0 of 20 closed and 4 of 4 open, seen $closed and $open; $tried of 24 tried"
}

# names SENTENCE ANSWER: what b1 hears when it asks for a1 by its Service's name.
names() {
  local answer
  sleep 1
  answer=$(kubectl -n netpol-x exec b1 -- witness reach a1:1080 | cut -d'"' -f4)
  [[ ! $answer =~ ^[0-9a-f]{16}$ ]] || answer=reached
  report "$1" "$([[ $answer != "$2" ]] || echo yes)" "expected $2, seen $answer"
}

again() { # POD
  kubectl -n netpol-x delete pod "$1"
  place_pods
}

probed() {
  kubectl apply -f - <<YAML
{apiVersion: v1, kind: Pod, metadata: {name: probed, namespace: netpol-x}, spec: {nodeName: $name-1, terminationGracePeriodSeconds: 0, containers: [{
  name: c, image: 'stackwright/witness:1', readinessProbe: {periodSeconds: 1, httpGet: {port: 80, path: /}}}]}}
YAML
  kubectl -n netpol-x wait pod/probed --for=condition=Ready --timeout=30s
}

# --- the table --------------------------------------------------------------

place_pods
a1='podSelector: {matchLabels: {pod: a1}}'
b1='podSelector: {matchLabels: {pod: b1}}'
c2='podSelector: {matchLabels: {pod: c2}}'
y='namespaceSelector: {matchLabels: {space: space-y}}'
all='podSelector: {}'
egress='policyTypes: [Egress], egress'
first=${IP[a1]%.*}.0/24 # the addresses of the first node's pods
second=${IP[c2]%.*}.0/24
machine=$(ip -4 route get "${IP[a1]}" | sed -n 's/.* src \([0-9.]*\).*/\1/p')

row 'no policy' ''
row 'a policy that selects no pod' '' x 'podSelector: {matchLabels: {pod: nobody}}, policyTypes: [Ingress, Egress]'
row 'a policy selects in its own namespace' '' y "$a1"

row 'policyTypes left out: ingress is closed' 'into a1:' x "$a1"
row 'policyTypes left out, with egress rules: both' 'into a1:; out of a1: c2' x "$a1, egress: [{to: [{$c2}]}]"
row 'policyTypes Ingress: egress rules do not count' 'into a1:' x "$a1, policyTypes: [Ingress], egress: [{ports: [{port: 80}]}]"
row 'policyTypes Egress: ingress rules do not count' 'out of a1:' x "$a1, policyTypes: [Egress], ingress: [{ports: [{port: 80}]}]"
row 'a namespace: ingress closed' 'into a1 b1 c2:' x "$all"
row 'a namespace: egress closed' 'out of a1 b1 c2:' x "$all, policyTypes: [Egress]"
row 'a namespace: both closed' 'into a1 b1 c2:; out of a1 b1 c2:' x "$all, policyTypes: [Ingress, Egress]"
change 'the kubelet probes a pod all the same' 'into a1 b1 c2:; out of a1 b1 c2:' probed
row 'ingress closed, and all allowed by another policy' '' x "$all" x "$all, ingress: [{}]"
row 'egress closed, and all allowed by another policy' '' x "$all, policyTypes: [Egress]" x "$all, $egress: [{}]"
row 'pods selected by matchExpressions' 'into b1 c2:' x 'podSelector: {matchExpressions: [{key: pod, operator: NotIn, values: [a1]}]}'

row 'ingress from a pod of the same node' 'into a1: b1' x "$a1, ingress: [{from: [{$b1}]}]"
row 'ingress from a pod of another node' 'into a1: c2' x "$a1, ingress: [{from: [{$c2}]}]"
row 'ingress from pods by In' 'into a1: b1 c2' \
  x "$a1, ingress: [{from: [{podSelector: {matchExpressions: [{key: pod, operator: In, values: [b1, c2, d1]}]}}]}]"
row 'ingress from pods by NotIn' 'into a1: c2' \
  x "$a1, ingress: [{from: [{podSelector: {matchExpressions: [{key: pod, operator: NotIn, values: [b1]}]}}]}]"
row 'ingress from pods by DoesNotExist' 'into a1:' \
  x "$a1, ingress: [{from: [{podSelector: {matchExpressions: [{key: pod, operator: DoesNotExist}]}}]}]"
row 'ingress from all pods of the namespace' 'into a1: b1 c2' x "$a1, ingress: [{from: [{$all}]}]"
row 'ingress from a namespace' 'into a1: d1 e2' x "$a1, ingress: [{from: [{$y}]}]"
row 'ingress from a namespace by its name' 'into a1: d1 e2' \
  x "$a1, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: netpol-y}}}]}]"
row 'ingress from namespaces by Exists and NotIn' 'into a1: d1 e2' x "$a1, ingress: [{from: [{namespaceSelector: {
  matchExpressions: [{key: space, operator: Exists}, {key: space, operator: NotIn, values: [space-x]}]}}]}]"
row 'ingress from all namespaces, and not from outside' 'into a1: b1 c2 d1 e2' x "$a1, ingress: [{from: [{namespaceSelector: {}}]}]"
row 'one peer with both selectors: both must match' 'into a1: e2' \
  x "$a1, ingress: [{from: [{$y, podSelector: {matchExpressions: [{key: pod, operator: In, values: [b1, e2]}]}}]}]"
row 'two peers: either may match' 'into a1: b1 d1 e2' x "$a1, ingress: [{from: [{$y}, {$b1}]}]"
row 'an empty list of peers is everyone' 'into a1: m b1:80 c2:80 d1:80 e2:80' x "$a1, ingress: [{from: [], ports: [{port: 80}]}]"

row 'ingress on a TCP port' 'into a1: m b1:80 c2:80 d1:80 e2:80' x "$a1, ingress: [{ports: [{port: 80}]}]"
row 'ingress on a UDP port' 'into a1: b1:53/udp c2:53/udp d1:53/udp e2:53/udp' x "$a1, ingress: [{ports: [{port: 53, protocol: UDP}]}]"
row 'TCP 53 is not UDP 53' 'into a1:' x "$a1, ingress: [{ports: [{port: 53}]}]"
row 'ingress on all ports of a protocol' 'into a1: m b1:80,81,90 c2:80,81,90 d1:80,81,90 e2:80,81,90' x "$a1, ingress: [{ports: [{protocol: TCP}]}]"
row 'ingress on a range with endPort' 'into a1: b1:81,90 c2:81,90 d1:81,90 e2:81,90' x "$a1, ingress: [{ports: [{port: 81, endPort: 90}]}]"
row 'ingress on several ports' 'into a1: b1:81,53/udp c2:81,53/udp d1:81,53/udp e2:81,53/udp' \
  x "$a1, ingress: [{ports: [{port: 81}, {port: 53, protocol: UDP}]}]"
row 'ingress on a named port: a different number on each pod' \
  'into a1:80 b1:80 c2:81: m a1 b1 c2 d1 e2; into a1:81,90,53/udp b1:81,90,53/udp c2:80,90,53/udp:' x "$all, ingress: [{ports: [{port: web}]}]"
row 'ingress on a named UDP port' 'into a1: b1:53/udp c2:53/udp d1:53/udp e2:53/udp' x "$a1, ingress: [{ports: [{port: dns, protocol: UDP}]}]"
row 'a named port of the other protocol opens nothing' 'into a1:' x "$a1, ingress: [{ports: [{port: dns}]}]"
row 'a named port that no container has opens nothing' 'into a1:' x "$a1, ingress: [{ports: [{port: nosuch}]}]"
row 'peers and ports of two rules do not mix' 'into a1: b1:80 c2:81' \
  x "$a1, ingress: [{from: [{$b1}], ports: [{port: 80}]}, {from: [{$c2}], ports: [{port: 81}]}]"

row 'ingress from an ipBlock' 'into a1: c2 e2' x "$a1, ingress: [{from: [{ipBlock: {cidr: $second}}]}]"
row 'ingress from an ipBlock with except' 'into a1: d1' x "$a1, ingress: [{from: [{ipBlock: {cidr: $first, except: [${IP[b1]}/32]}}]}]"
row 'ingress from an ipBlock with excepts that overlap' 'into a1: b1 d1 m' \
  x "$a1, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0, except: [$second, ${IP[c2]}/32]}}]}]"
row 'ingress from everywhere but the pods' 'into a1: m' x "$a1, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0, except: [$first, $second]}}]}]"
row 'what one ipBlock excepts, another may allow' 'into a1: b1 d1' \
  x "$a1, ingress: [{from: [{ipBlock: {cidr: $first, except: [${IP[b1]}/32]}}, {ipBlock: {cidr: ${IP[b1]}/32}}]}]"
row 'ingress from the machine alone, on a port' 'into a1: m' x "$a1, ingress: [{from: [{ipBlock: {cidr: $machine/32}}], ports: [{port: 80}]}]"

row 'egress to pods by label, both nodes' 'out of a1: b1 c2' x "$a1, $egress: [{to: [{$b1}, {$c2}]}]"
row 'egress to a namespace' 'out of a1: d1 e2' x "$a1, $egress: [{to: [{$y}]}]"
row 'egress to one pod of a namespace' 'out of a1: d1' x "$a1, $egress: [{to: [{$y, podSelector: {matchLabels: {pod: d1}}}]}]"
row 'egress on ports' 'out of a1: b1:80,53/udp c2:80,53/udp d1:80,53/udp e2:80,53/udp' x "$a1, $egress: [{ports: [{port: 80}, {port: 53, protocol: UDP}]}]"
row 'egress on a range with endPort' 'out of a1: b1:80,81 c2:80,81' x "$a1, $egress: [{to: [{$all}], ports: [{port: 80, endPort: 89}]}]"
row 'egress on a named port: the number of each receiver' 'out of a1: b1:80 c2:81 d1:80 e2:81' x "$a1, $egress: [{ports: [{port: web}]}]"
row 'egress on a named port within an ipBlock' 'out of a1: e2:81' \
  x "$a1, $egress: [{to: [{ipBlock: {cidr: $second, except: [${IP[c2]}/32]}}], ports: [{port: web}]}]"
row 'egress to an ipBlock with except, on a port' 'out of a1: d1:81' \
  x "$a1, $egress: [{to: [{ipBlock: {cidr: $first, except: [${IP[b1]}/32]}}], ports: [{port: 81}]}]"
row 'both ends must allow: the receiver does not' 'out of a1: b1 c2; into c2: b1' x "$a1, $egress: [{to: [{$all}]}]" x "$c2, ingress: [{from: [{$b1}]}]"
row 'both ends must allow: both do' 'out of a1: c2; into c2: a1:81' x "$a1, $egress: [{to: [{$c2}]}]" x "$c2, ingress: [{from: [{$a1}], ports: [{port: 81}]}]"

row 'egress to a Service means the pod behind it' 'out of b1: a1:80' x "$b1, $egress: [{to: [{$a1}], ports: [{port: 80}]}]"
names 'without egress to the DNS no name is found' 'no such name'
row 'egress to the DNS as well' 'out of b1: a1:80' x "$b1, $egress: [{to: [{$a1}], ports: [{port: 80}]}]" \
  x "$b1, $egress: [{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}}], ports: [{port: 53, protocol: UDP}]}]"
names 'with it the Service is found and answers' reached

row 'many policies on one pod add up' 'into a1: b1:80 c2 e2:53/udp; out of a1: e2 c2:90' \
  x "$a1, ingress: [{from: [{$b1}], ports: [{port: 80}]}]" \
  x "$a1, ingress: [{from: [{$c2}]}]" \
  x "$a1, ingress: [{from: [{$y, podSelector: {matchLabels: {pod: e2}}}], ports: [{port: dns, protocol: UDP}]}]" \
  x "$a1, $egress: [{to: [{$y, podSelector: {matchLabels: {pod: e2}}}]}]" \
  x "$a1, $egress: [{to: [{$c2}], ports: [{port: 90}]}]" \
  x "$a1"
change 'one of them is deleted: the rest stays' 'into a1: b1:80 e2:53/udp; out of a1: e2 c2:90' kubectl -n netpol-x delete networkpolicy row-2
change 'one of them is edited' 'into a1: b1:81 e2:53/udp; out of a1: e2 c2:90' \
  kubectl -n netpol-x patch networkpolicy row-1 --type=json -p '[{"op": "replace", "path": "/spec/ingress/0/ports/0/port", "value": 81}]'
change 'all of them are deleted: all is open' '' kubectl -n netpol-x delete networkpolicies --all

row 'ingress from a label that no pod has' 'into a1:' x "$a1, ingress: [{from: [{podSelector: {matchLabels: {guest: 'yes'}}}]}]"
change 'a pod of the node gets it' 'into a1: b1' kubectl -n netpol-x label pod b1 guest=yes
change 'a pod of another node gets it' 'into a1: b1 c2' kubectl -n netpol-x label pod c2 guest=yes
change 'the first one loses it' 'into a1: c2' kubectl -n netpol-x label pod b1 guest-
row 'a policy for a label that no pod has' '' x "podSelector: {matchLabels: {shy: 'yes'}}"
change 'a pod gets it' 'into c2:' kubectl -n netpol-x label pod c2 shy=yes
change 'the pod loses it' '' kubectl -n netpol-x label pod c2 shy-
row 'ingress from a label that no namespace has' 'into a1:' x "$a1, ingress: [{from: [{namespaceSelector: {matchLabels: {guest: 'yes'}}}]}]"
change 'a namespace gets it' 'into a1: d1 e2' kubectl label namespace netpol-y guest=yes
change 'the namespace loses it' 'into a1:' kubectl label namespace netpol-y guest-
row 'a pod is a peer, and has a policy' 'into a1: b1; out of b1: a1' x "$a1, ingress: [{from: [{$b1}]}]" x "$b1, $egress: [{to: [{$a1}]}]"
change 'it is made again, with another address' 'into a1: b1; out of b1: a1' again b1
change 'and the other one' 'into a1: b1; out of b1: a1' again a1

storm 'a new pod reaches nobody before its policy' "$egress: [{ports: [{port: 81}]}]" \
  true "nc -w 1 ${IP[a1]} 80 -e true && echo reached"
kubectl -n netpol-x run caller --image=stackwright/testbox:1 --labels=pod=caller --command -- \
  nc -ll -p 90 -e /bin/sh -c 'read -r address; nc -w 1 $address 80 -e true && echo reached' >/dev/null
kubectl -n netpol-x wait pod/caller --for=condition=Ready --timeout=30s >/dev/null
storm 'nobody reaches a new pod before its policy' 'policyTypes: [Ingress]' \
  'httpd -h /tmp -p 80' "echo \$SELF | nc -w 3 $(kubectl -n netpol-x get pod caller -o 'jsonpath={.status.podIP}') 90"

kubectl delete namespace netpol-x netpol-y >/dev/null
printf '%d rows, %d failed\n' "$rows" "$failed"
((failed == 0))
