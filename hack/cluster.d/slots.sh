# shellcheck shell=bash
# A slot is a number that a cluster owns while it exists: its ports and its
# address ranges are derived from it, so that clusters, also of other checkouts,
# live side by side. Sourced after lib.sh.
#
#   etcd 127.0.0.1:21000+10s and +1, API server +2
#   real nodes in 10.(128+s).0.0/24, the machine itself at .1, node i at .10+i
#   their pods in 10.(128+s).64.0/18 (node i: .64+i.0/24), Services in .128.0/18,
#   load balancers in .192.0/18

SLOTS=/tmp/stackwright-slots
MOST_SLOTS=100

# take_slot: sets SLOT. A symlink to the state folder is the claim, because it is
# made in one step; it is stale when that folder no longer says so.
take_slot() {
  local s link target
  mkdir -p "$SLOTS"
  chmod 1777 "$SLOTS" 2>/dev/null || true
  for ((s = 0; s < MOST_SLOTS; s++)); do
    link=$SLOTS/$s
    # Another user's claim can be neither read nor removed: then it stands.
    if target=$(readlink "$link" 2>/dev/null) && [[ $(cat "$target/slot" 2>/dev/null) != "$s" ]]; then
      rm -f "$link" 2>/dev/null || true
    fi
    slot_is_free "$s" || continue
    record slot "$s"
    ln -sT "$STATE" "$link" 2>/dev/null || continue
    SLOT=$s
    return
  done
  rm -f "$STATE/slot"
  die "all $MOST_SLOTS slots for clusters are in use" "stop clusters: hack/cluster down --all, in each checkout"
}

# Ports or ranges may be in use by something that is no cluster of ours, or by
# what is left of one whose checkout or claim was deleted.
slot_is_free() {
  local first=$((21000 + 10 * $1)) net=10.$((128 + $1))
  [[ -z $(ss -Hltn "sport >= :$first and sport <= :$((first + 9))") ]] &&
    ! grep -qs . "/sys/fs/cgroup/"{*/,}"stackwright-$1-"*/cgroup.procs &&
    ! ip -4 -o addr show | grep -q " $net\." &&
    ! ip -4 route show table all | grep -q "^\(unicast \)\?$net\."
}

# slot_is_ours: nobody else has claimed it, as could happen after a crash and the
# loss of /tmp; what bears its number would then be another cluster's.
slot_is_ours() {
  local owner
  owner=$(readlink "$SLOTS/$SLOT" 2>/dev/null) || return 0
  [[ $owner == "$STATE" ]]
}

give_slot_back() {
  SLOT=$(recall slot)
  [[ -n $SLOT ]] && slot_is_ours || return 0
  rm -f "$SLOTS/$SLOT"
  rmdir "$SLOTS" 2>/dev/null || true # the last one out
}

port() { echo $((21000 + 10 * SLOT + $1)); }
network() { echo "10.$((128 + SLOT)).$1"; }
