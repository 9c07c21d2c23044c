# shellcheck shell=bash
# What process 1 of a node or an engine does with its cgroups. Sourced in namespaces of its own.

# mount_own_cgroups: over /sys as it is newly mounted, each hierarchy again, now rooted in the
# groups of this process. Where v2 is the only one, its line begins with 0 and is the first.
mount_own_cgroups() {
  local pid controllers folder
  if [[ $(</proc/self/cgroup) == 0::* ]]; then
    mount -t cgroup2 cgroup /sys/fs/cgroup
    # Controllers may be handed down only from a group without processes.
    mkdir /sys/fs/cgroup/init
    while read -r pid; do echo "$pid" >/sys/fs/cgroup/init/cgroup.procs || true; done </sys/fs/cgroup/cgroup.procs
    sed 's/\(^\| \)/\1+/g' /sys/fs/cgroup/cgroup.controllers >/sys/fs/cgroup/cgroup.subtree_control
  else
    mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup
    while IFS=: read -r _ controllers _; do
      [[ -n $controllers ]] || continue
      folder=/sys/fs/cgroup/${controllers#name=}
      mkdir "$folder"
      if [[ $controllers == name=* ]]; then controllers=none,$controllers; fi
      mount -t cgroup -o "$controllers" cgroup "$folder"
    done </proc/self/cgroup
  fi
}
