#!/usr/bin/env bash
# node.sh NAME COMMAND...: becomes the parent of one node. It joins cgroups of the
# node's own and runs COMMAND as process 1 of new network, mount, pid, uts, ipc
# and cgroup namespaces, which end with it: killing this process ends the node.
set -euo pipefail
name=$1
shift

# cgroup v2 is one folder, v1 one for each hierarchy.
if [[ -e /sys/fs/cgroup/cgroup.controllers ]]; then
  mkdir -p "/sys/fs/cgroup/$name"
  for controller in $(</sys/fs/cgroup/cgroup.controllers); do
    echo "+$controller" >/sys/fs/cgroup/cgroup.subtree_control 2>/dev/null || true # may be on already
  done
  echo $$ >"/sys/fs/cgroup/$name/cgroup.procs"
else
  for hierarchy in /sys/fs/cgroup/*/; do
    [[ -e $hierarchy/cgroup.procs ]] || continue
    mkdir -p "$hierarchy/$name"
    if [[ -e $hierarchy/$name/cpuset.cpus ]]; then
      # A cpuset is born empty, and takes no process until it is filled.
      cat "$hierarchy/cpuset.cpus" >"$hierarchy/$name/cpuset.cpus"
      cat "$hierarchy/cpuset.mems" >"$hierarchy/$name/cpuset.mems"
      echo 1 >"$hierarchy/$name/cgroup.clone_children"
    fi
    echo $$ >"$hierarchy/$name/cgroup.procs"
  done
fi
exec unshare --net --mount --pid --fork --kill-child --uts --ipc --cgroup --propagation private -- "$@"
