#!/usr/bin/env bash
# engine.sh FOLDER SOCKET: becomes a Docker engine whose data lies in FOLDER, as
# process 1 of namespaces of its own (hack/cluster.d/node.sh). It sees its own
# cgroups as the whole, and /run is its own.
set -euo pipefail
folder=$1 socket=$2

mount -t proc proc /proc
mount -t sysfs sysfs /sys
driver=()
if [[ -e /sys/fs/cgroup/cgroup.controllers ]]; then
  mount -t cgroup2 cgroup /sys/fs/cgroup
else
  mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup
  while IFS=: read -r _ controllers _; do
    [[ -n $controllers ]] || continue
    hierarchy=/sys/fs/cgroup/${controllers#name=}
    mkdir "$hierarchy"
    if [[ $controllers == name=* ]]; then controllers=none,$controllers; fi
    mount -t cgroup -o "$controllers" cgroup "$hierarchy"
  done </proc/self/cgroup
fi
mount -t tmpfs -o mode=755 tmpfs /run
ip link set lo up
# Overlay does not lie on overlay: then layers are copied.
[[ $(stat -f -c %T "$folder") != overlayfs ]] || driver=(--storage-driver vfs)

# --oom-score-adjust 0: without CAP_SYS_RESOURCE it cannot be lowered.
exec dockerd --data-root "$folder/data" --exec-root "$folder/exec" --host "unix://$socket" \
  --pidfile "$folder/dockerd.pid" --oom-score-adjust 0 --exec-opt native.cgroupdriver=cgroupfs "${driver[@]}"
