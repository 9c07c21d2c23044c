# shellcheck shell=bash
# Real nodes: kubelet, containerd and runc, kube-proxy and the enforcer of network
# policies, each node in namespaces of its own; CoreDNS and a provisioner of local
# volumes on them. Sourced after network.sh and images.sh.

node_group() { echo "stackwright-$SLOT-$1"; }

up_real() {
  local i
  # A node has its own of these folders.
  for i in "$STATE" "$CACHE" "$HERE"; do
    [[ $i != /run/* && $i != /var/lib/* && $i != /var/log/* ]] ||
      die "nodes cannot see $i" "move the checkout, STACKWRIGHT_CLUSTER_STATE and XDG_CACHE_HOME out of /run, /var/lib and /var/log"
  done
  add_bridge
  start_registry
  start_control_plane "$(machine_address)" "$(services_range)"
  make_identity kube-proxy system:kube-proxy
  make_identity netpol stackwright:netpol
  make_identity kwok stackwright:kwok
  render_manifests | kubectl create -f - >/dev/null
  for ((i = 1; i <= NODES; i++)); do start_node "$i"; done
  start_load_balancer
  for ((i = 1; i <= NODES; i++)); do
    wait_for 120 "node $NAME-$i" kubectl wait --for=condition=Ready "node/$NAME-$i" --timeout=5s
  done
  say "$NODES real nodes Ready"
  preload_images # while CoreDNS starts
  wait_for 120 "CoreDNS" kubectl -n kube-system rollout status deployment/coredns --timeout=5s
  wait_for 120 "provisioner of volumes" kubectl -n local-path-storage rollout status deployment/local-path-provisioner --timeout=5s
  say "CoreDNS and local volumes Ready"
}

# start_node I: its programs are of the version that is chosen.
start_node() {
  local i=$1 node=$NAME-$1 pid
  make_identity "$node" "system:node:$node" system:nodes
  make_certificate "kubelet-$i" "/O=system:nodes/CN=system:node:$node" ca "$(
    echo extendedKeyUsage=serverAuth
    echo "subjectAltName=IP:$(node_address "$i"),DNS:$node"
  )"
  write_node_settings "$i"
  start "$node" "$HERE/node.sh" "$(node_group "$i")" "$HERE/node-init.sh" "$STATE/node-$i"
  pid=$(alive "$node") || die "$node exited immediately" "read $STATE/$node.log"
  wait_for 10 "network namespace of $node" has_own_network "$pid"
  connect_node "$i" "$NODES" "$pid"
}

# The link cannot be read for a moment while the process turns into another.
has_own_network() {
  local net
  net=$(readlink "/proc/$1/ns/net") && [[ $net != "$(readlink /proc/self/ns/net)" ]]
}

# write_node_settings I: everything that node-init.sh and its programs read.
write_node_settings() {
  local i=$1 folder=$STATE/node-$1 enforcer=/run/netpol.sock address snapshotter=overlayfs path='' module
  address=$(node_address "$i")
  mkdir -p "$folder"/{cni,hosts/_default}
  # Overlay does not lie on overlay: then layers are copied.
  [[ $(stat -f -c %T "$folder") == overlayfs ]] && snapshotter=native
  for module in kubernetes containerd netpol; do
    bin_of "$module"
    path+=$REPLY:
  done
  bin_of cni
  local cni=$REPLY
  bin_of netpol
  local netpol=$REPLY

  cat >"$folder/node.env" <<ENV
NODE='$NAME-$i'
ADDRESS='$address'
FOLDER='$folder'
STATE='$STATE'
PODS='$(pod_range "$i")'
ENFORCER='$enforcer'
export PATH='$path$PATH'
ENV
  : >"$folder/resolv.conf" # nothing outside can be resolved: CoreDNS answers

  # ptp routes every packet, also between two pods of one node, so that the
  # enforcer sees them all. No masquerade, or it would see the node's address. The
  # enforcer comes last: there a pod waits for its rules, with all else in place.
  cat >"$folder/cni/10-pods.conflist" <<JSON
{"cniVersion": "1.0.0", "name": "pods", "plugins": [
  {"type": "ptp", "ipMasq": false, "ipam": {
    "type": "host-local", "dataDir": "/run/cni-addresses",
    "ranges": [[{"subnet": "$(pod_range "$i")"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}, "snat": true},
  {"type": "netpol", "socket": "$enforcer"}]}
JSON

  # The cluster's registry stands for every other; it is also the "server", or a
  # missing image would be looked for in the real registry, and hang.
  cat >"$folder/hosts/_default/hosts.toml" <<TOML
server = "http://$(registry_address)"
[host."http://$(registry_address)"]
capabilities = ["pull", "resolve"]
TOML
  # restrict_oom_score_adj: a container without CAP_SYS_RESOURCE may not lower
  # it, and runc would fail to start anything.
  cat >"$folder/containerd.toml" <<TOML
version = 3
root = '$folder/containerd'
state = '/run/containerd'
imports = []
disabled_plugins = ['io.containerd.nri.v1.nri']
[plugins.'io.containerd.cri.v1.images']
snapshotter = '$snapshotter'
[plugins.'io.containerd.cri.v1.images'.pinned_images]
sandbox = '$PAUSE_IMAGE'
[plugins.'io.containerd.cri.v1.images'.registry]
config_path = '$folder/hosts'
[plugins.'io.containerd.cri.v1.runtime']
restrict_oom_score_adj = true
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
runtime_type = 'io.containerd.runc.v2'
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
SystemdCgroup = false
[plugins.'io.containerd.cri.v1.runtime'.cni]
bin_dirs = ['$cni', '$netpol']
conf_dir = '$folder/cni'
[plugins.'io.containerd.internal.v1.opt']
path = '$folder/opt'
TOML

  # failCgroupV1 and failSwapOn: the machine is as it is. The disk is the
  # machine's own, so its fill level must neither evict pods nor delete images. A
  # disk that a test fills is soon empty again: the node need not wait 5 minutes.
  cat >"$folder/kubelet.yaml" <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $address
healthzBindAddress: 127.0.0.1
authentication:
  anonymous: {enabled: false}
  webhook: {enabled: true}
  x509: {clientCAFile: $STATE/pki/ca.crt}
authorization: {mode: Webhook}
tlsCertFile: $STATE/pki/kubelet-$i.crt
tlsPrivateKeyFile: $STATE/pki/kubelet-$i.key
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
cgroupDriver: cgroupfs
failCgroupV1: false
failSwapOn: false
# The parameters that belong to a pod and not to its node; an administrator allows them.
allowedUnsafeSysctls: ["kernel.msg*", "kernel.sem", "kernel.shm*", "fs.mqueue.*", "net.*"]
clusterDomain: cluster.local
clusterDNS: [$(dns_address)]
resolvConf: $folder/resolv.conf
maxPods: 240
serializeImagePulls: false
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
evictionHard: {memory.available: 100Mi, nodefs.available: 1%, imagefs.available: 1%, nodefs.inodesFree: 1%}
evictionPressureTransitionPeriod: 10s
volumePluginDir: $folder/volume-plugins
YAML

  # conntrack: its limits belong to the whole machine and cannot be set here.
  cat >"$folder/kube-proxy.yaml" <<YAML
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
clientConnection: {kubeconfig: $STATE/kube-proxy.kubeconfig}
mode: nftables
clusterCIDR: $(network 64).0/18
bindAddress: $address
healthzBindAddress: 127.0.0.1:10256
metricsBindAddress: 127.0.0.1:10249
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
YAML
}

render_manifests() {
  local file
  for file in "$HERE"/manifests/{kwok-rbac,netpol-rbac,coredns,local-path}.yaml; do
    echo ---
    sed -e "s|@DNS@|$(dns_address)|; s|@VOLUMES@|$STATE/volumes|" "$file"
  done
}

# The stage that gives simulated clusters their load balancer does so here too;
# kwok is kept from all nodes by a selector that none has.
start_load_balancer() {
  bin_of kwok
  start kwok "$REPLY/kwok" --kubeconfig "$STATE/kwok.kubeconfig" \
    --manage-nodes-with-annotation-selector kwok.x-k8s.io/node=fake \
    --config "$HERE/stages/service-load-balancer.yaml"
}

# end_nodes: also what is left of nodes whose first process is dead already.
end_nodes() {
  SLOT=$(recall slot)
  [[ -n $SLOT ]] && slot_is_ours || return 0
  end_node '*'
  remove_links
}

# end_node I: the first process has ended, and takes all of the node along; this
# waits for them to be gone.
end_node() {
  local folder
  for folder in /sys/fs/cgroup/{*/,}stackwright-$SLOT-$1; do
    [[ -d $folder ]] && end_group "$folder"
  done
  return 0
}
