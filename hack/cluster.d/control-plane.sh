# shellcheck shell=bash
# etcd, API server, controller-manager and scheduler of one cluster.
# Sourced after lib.sh, slots.sh, identities.sh and binaries.sh; expects BIN.

# start_control_plane ADDRESS SERVICE_RANGE: on ADDRESS and no other.
start_control_plane() {
  local address=$1 services=$2 etcd
  record address "$address"
  record services "$services"
  record server "https://$address:$(port 2)"
  make_control_plane_identities "$address" "${services%.*}.1"
  write_audit_policy

  # Nothing here outlives a crash of the machine, so no write waits for the disk.
  etcd=http://127.0.0.1:$(port 0)
  bin_of etcd
  start etcd "$REPLY/etcd" --data-dir "$STATE/etcd" --log-level warn --unsafe-no-fsync \
    --listen-client-urls "$etcd" --advertise-client-urls "$etcd" \
    --listen-peer-urls "http://127.0.0.1:$(port 1)"
  start_servers
}

# What is replaced when the cluster gets another version of Kubernetes.
SERVERS=(scheduler controller-manager apiserver)

# start_servers: of the version that is chosen, on the data that etcd holds.
start_servers() {
  local address services port pki=$STATE/pki
  address=$(recall address) services=$(recall services) port=$(port 2)

  # A loopback address is no valid endpoint of the Service "kubernetes".
  local endpoints=lease
  [[ $address == 127.* ]] && endpoints=none

  # Policies that change objects are served by default from 1.36 on.
  local policies=()
  ((${KUBERNETES#1.} >= 36)) || policies=(--feature-gates MutatingAdmissionPolicy=true
    --runtime-config admissionregistration.k8s.io/v1beta1=true)

  start apiserver "$BIN/kube-apiserver" "${policies[@]}" \
    --etcd-servers "http://127.0.0.1:$(port 0)" \
    --bind-address "$address" --advertise-address "$address" --secure-port "$port" \
    --endpoint-reconciler-type "$endpoints" \
    --tls-cert-file "$pki/apiserver.crt" --tls-private-key-file "$pki/apiserver.key" \
    --client-ca-file "$pki/ca.crt" \
    --authorization-mode Node,RBAC --enable-admission-plugins NodeRestriction \
    --kubelet-client-certificate "$pki/apiserver-kubelet.crt" \
    --kubelet-client-key "$pki/apiserver-kubelet.key" \
    --kubelet-certificate-authority "$pki/ca.crt" \
    --kubelet-preferred-address-types InternalIP \
    --requestheader-client-ca-file "$pki/front-proxy-ca.crt" \
    --requestheader-allowed-names front-proxy-client \
    --requestheader-username-headers X-Remote-User \
    --requestheader-group-headers X-Remote-Group \
    --requestheader-extra-headers-prefix X-Remote-Extra- \
    --proxy-client-cert-file "$pki/front-proxy.crt" \
    --proxy-client-key-file "$pki/front-proxy.key" \
    --service-account-key-file "$pki/service-accounts.key" \
    --service-account-signing-key-file "$pki/service-accounts.key" \
    --service-account-issuer https://kubernetes.default.svc \
    --service-cluster-ip-range "$services" --allow-privileged=true \
    --audit-policy-file "$STATE/audit-policy.yaml" --audit-log-path "$STATE/audit.log" \
    --audit-log-mode blocking --audit-log-maxsize 1000000
  wait_for 120 "API server" kubectl get --raw /readyz
  say "API server ready"

  # More requests than the defaults let through: tests come with 1000 Stacks.
  start controller-manager "$BIN/kube-controller-manager" \
    --kubeconfig "$STATE/controller-manager.kubeconfig" \
    --use-service-account-credentials --leader-elect=false --secure-port 0 \
    --kube-api-qps 200 --kube-api-burst 400 \
    --root-ca-file "$pki/ca.crt" --service-account-private-key-file "$pki/service-accounts.key" \
    --cluster-signing-cert-file "$pki/ca.crt" --cluster-signing-key-file "$pki/ca.key"
  cat >"$STATE/scheduler.yaml" <<YAML
apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
leaderElection: {leaderElect: false}
clientConnection: {kubeconfig: $STATE/scheduler.kubeconfig, qps: 200, burst: 400}
YAML
  start scheduler "$BIN/kube-scheduler" --config "$STATE/scheduler.yaml" --secure-port 0
}

# Tests count requests in this log: each line is written before the answer is
# sent, and what the cluster does by itself is left out.
write_audit_policy() {
  cat >"$STATE/audit-policy.yaml" <<'YAML'
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: None
  users:
  - system:apiserver
  - system:kube-controller-manager
  - system:kube-scheduler
  - system:kube-proxy
  - stackwright:kwok
  - stackwright:netpol
- level: None
  userGroups:
  - system:nodes
  - system:serviceaccounts:kube-system
  - system:serviceaccounts:local-path-storage
- level: Metadata
YAML
}

kubectl() { KUBECONFIG=$STATE/admin.kubeconfig "$BIN/kubectl" "$@"; }
