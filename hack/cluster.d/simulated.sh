# shellcheck shell=bash
# Simulated nodes: one kwok process plays all kubelets (and the provisioner of
# volumes, and the load balancer) by stages. Sourced after control-plane.sh.

# start_simulated_nodes COUNT
start_simulated_nodes() {
  local i kwok stages=()
  bin_of kwok
  kwok=$REPLY
  # kwok's own stages and ours, which outweigh them.
  for i in "$kwok"/kwok-stages/{node/fast,node/heartbeat-with-lease,pod/fast}/*-*.yaml "$HERE"/stages/*.yaml; do
    stages+=(--config "$i")
  done
  cat >"$STATE/kwok.yaml" <<'YAML'
apiVersion: config.kwok.x-k8s.io/v1alpha1
kind: KwokConfiguration
options:
  manageAllNodes: true
  nodeIP: 127.0.0.1
  cidr: 10.244.0.0/16
  podPlayStageParallelism: 16
  nodePlayStageParallelism: 4
  nodeLeaseDurationSeconds: 40
  nodeLeaseParallelism: 4
  podsOnNodeSyncParallelism: 4
YAML
  for ((i = 1; i <= $1; i++)); do simulated_node "$NAME-$i"; done |
    kubectl create -f "$HERE/manifests/kwok-rbac.yaml" -f "$HERE/manifests/simulated-storage.yaml" -f - >/dev/null
  start kwok "$kwok/kwok" --kubeconfig "$STATE/kwok.kubeconfig" \
    --config "$STATE/kwok.yaml" "${stages[@]}"
  wait_for 60 "$1 simulated nodes" \
    kubectl wait --for=condition=Ready node --all --timeout=5s
  say "$1 simulated nodes Ready"
}

# Nodes large enough that only a test that asks for too much finds one too small.
simulated_node() {
  local room='{cpu: "64", memory: 256Gi, ephemeral-storage: 1Ti, pods: "1000"}'
  cat <<YAML
---
apiVersion: v1
kind: Node
metadata:
  name: $1
  annotations: {kwok.x-k8s.io/node: fake}
  labels:
    kubernetes.io/hostname: $1
    kubernetes.io/os: linux
    kubernetes.io/arch: amd64
status:
  nodeInfo: {kubeletVersion: $(kubelet_version)}
  capacity: $room
  allocatable: $room
YAML
}

# kubelet_version: what a kubelet of the cluster's version tells of itself. An
# operator looks at it, since a node may be older than the API server.
kubelet_version() {
  kubectl version --client -o yaml | sed -n 's/^ *gitVersion: //p'
}
