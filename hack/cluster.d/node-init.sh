#!/usr/bin/env bash
# node-init.sh NODE-FOLDER: process 1 of a real node. Gives the node mounts of its
# own, then keeps containerd, kubelet, kube-proxy and the enforcer of network
# policies running. All settings lie in NODE-FOLDER, written by real.sh.
set -euo pipefail
# shellcheck source=/dev/null
source "$1/node.env" # NODE ADDRESS FOLDER STATE PODS ENFORCER PATH
# shellcheck source=hack/cluster.d/cgroups.sh
source "$(dirname "${BASH_SOURCE[0]}")/cgroups.sh"

hostname "$NODE"
mount --make-rshared / # containers must see mounts that kubelet makes later
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount_own_cgroups

# Folders of the machine that some part has wired in: sockets in /run, device
# plugins in /var/lib/kubelet, results of network plugins in /var/lib/cni.
mount -t tmpfs -o mode=755 tmpfs /run
mount -t tmpfs -o mode=755 tmpfs /var/lib
mkdir -p "$FOLDER"/{containerd,kubelet,pods} /run/containerd /var/lib/kubelet
mount --bind "$FOLDER/kubelet" /var/lib/kubelet
mount --bind "$FOLDER/pods" /var/log

until [[ -n $(ip route show default 2>/dev/null) ]]; do sleep 0.05; done
echo 1 >/proc/sys/net/ipv4/ip_forward

# keep NAME COMMAND...: runs it again when it ends, as an init system does.
keep() {
  local name=$1
  shift
  while :; do
    "$@" >>"$STATE/$NODE-$name.log" 2>&1 </dev/null || true
    echo "$(date +%T) $name ended, starting it again"
    sleep 1
  done &
}

keep containerd containerd --config "$FOLDER/containerd.toml"
until ctr version >/dev/null 2>&1; do sleep 0.05; done
keep kubelet kubelet --config "$FOLDER/kubelet.yaml" --kubeconfig "$STATE/$NODE.kubeconfig" \
  --cert-dir "$FOLDER/pki" --hostname-override "$NODE" --node-ip "$ADDRESS" -v 1
keep kube-proxy kube-proxy --config "$FOLDER/kube-proxy.yaml" --hostname-override "$NODE"
keep netpol netpol --kubeconfig "$STATE/netpol.kubeconfig" --node "$NODE" --pods "$PODS" --socket "$ENFORCER"

# Process 1 also collects the processes that containers leave behind.
while :; do wait -n || true; done
