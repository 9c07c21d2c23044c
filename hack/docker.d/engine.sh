#!/usr/bin/env bash
# engine.sh FOLDER SOCKET: becomes a Docker engine whose data lies in FOLDER, as
# process 1 of namespaces of its own (hack/cluster.d/node.sh). It sees its own
# cgroups as the whole, and /run is its own.
set -euo pipefail
folder=$1 socket=$2
# shellcheck source=hack/cluster.d/cgroups.sh
source "$(dirname "${BASH_SOURCE[0]}")/../cluster.d/cgroups.sh"

mount -t proc proc /proc
mount -t sysfs sysfs /sys
driver=()
mount_own_cgroups
mount -t tmpfs -o mode=755 tmpfs /run
ip link set lo up
# Overlay does not lie on overlay: then layers are copied.
[[ $(stat -f -c %T "$folder") != overlayfs ]] || driver=(--storage-driver vfs)

# --oom-score-adjust 0: without CAP_SYS_RESOURCE it cannot be lowered.
exec dockerd --data-root "$folder/data" --exec-root "$folder/exec" --host "unix://$socket" \
  --pidfile "$folder/dockerd.pid" --oom-score-adjust 0 --exec-opt native.cgroupdriver=cgroupfs "${driver[@]}"
