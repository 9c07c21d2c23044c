# shellcheck shell=bash
# Functions that all parts of hack/cluster share: messages, waiting, and processes that
# are started, recognised and ended by a record.
# Sourced; expects HERE (this folder).

# Functions for errors and progress. They write to stderr, so that other programs can
# use the output of `env`, `bin` and `kubectl`.
BEGAN=${EPOCHREALTIME/[.,]/}

elapsed() {
  local us=$((${EPOCHREALTIME/[.,]/} - BEGAN))
  printf '%d.%d' $((us / 1000000)) $((us % 1000000 / 100000))
}

say() { printf '[%6ss] %s\n' "$(elapsed)" "$*" >&2; }

# die MESSAGE REMEDY: both are required, an error without a remedy helps nobody.
die() {
  printf 'hack/cluster: %s\n' "$1" >&2
  printf '  remedy: %s\n' "$2" >&2
  exit 1
}

# --- state ------------------------------------------------------------------

CLUSTERS=${STACKWRIGHT_CLUSTER_STATE:-$(cd "$HERE/../.." && pwd)/.cluster}
mkdir -p "$CLUSTERS"
CLUSTERS=$(cd "$CLUSTERS" && pwd)

use_cluster() {
  [[ $1 =~ ^[a-z0-9-]{1,20}$ ]] ||
    die "'$1' is not a valid name for a cluster" "use 1 to 20 of a-z, 0-9 and '-'"
  NAME=$1
  STATE=$CLUSTERS/$NAME
}

# One command at a time may change a cluster; readers take no lock. The lock lies
# beside the state folder. `down` removes both, so whoever waited for a lock that
# is no longer there takes the new one.
lock_cluster() {
  local lock=$CLUSTERS/.$NAME.lock
  until [[ $lock -ef /proc/self/fd/9 ]]; do
    exec 9>"$lock"
    flock -n 9 || { say "waiting for another hack/cluster on '$NAME'" && flock 9; }
  done
}

recall() { cat "$STATE/$1" 2>/dev/null || true; }
record() { printf '%s\n' "$2" >"$STATE/$1"; }

# --- processes --------------------------------------------------------------

# A process is recorded as "pid start-time": a pid alone may have been given to
# someone else since, and `down` after a crash or a reboot must not hit that one.
start_time() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  # The command's name, in brackets, may hold spaces: count from behind it.
  read -ra stat <<<"${stat##*) }"
  [[ ${stat[0]} != Z ]] && echo "${stat[19]}"
}

# start NAME COMMAND...: runs it in a session of its own, log beside the state.
start() {
  local name=$1
  shift
  mkdir -p "$STATE/pids"
  setsid "$@" >>"$STATE/$name.log" 2>&1 </dev/null 9>&- &
  echo "$! $(start_time $!)" >"$STATE/pids/$name"
  disown # so that bash does not report its end
}

# alive NAME: prints the pid of a started process that still runs.
alive() {
  local pid since
  read -r pid since 2>/dev/null <"$STATE/pids/$1" || return 1
  [[ -n $since && $(start_time "$pid") == "$since" ]] && echo "$pid"
}

started() {
  local file
  for file in "$STATE"/pids/*; do
    [[ -e $file ]] && basename "$file"
  done
  return 0
}

# end NAME...: SIGKILL, since all state is to be thrown away (and an API server
# asked politely waits for minutes once its etcd is gone); returns when they are.
end() {
  local name pid
  for name in "$@"; do
    pid=$(alive "$name") && kill -9 "$pid" 2>/dev/null
  done
  for name in "$@"; do
    while alive "$name" >/dev/null; do sleep 0.02; done
    rm -f "$STATE/pids/$name"
  done
}

# wait_for SECONDS WHAT COMMAND...: until the command succeeds. Gives up early
# when a process of the cluster has died, and shows the end of its log.
wait_for() {
  local seconds=$1 what=$2 name until=$((SECONDS + $1))
  shift 2
  until "$@" >/dev/null 2>&1; do
    for name in $(started); do
      alive "$name" >/dev/null && continue
      tail -n 5 "$STATE/$name.log" >&2
      die "$name ended while waiting for $what" "read $STATE/$name.log"
    done
    ((SECONDS < until)) ||
      die "no $what after $seconds s" "read the logs in $STATE; try again if the machine was busy"
    sleep 0.05
  done
}

# --- cgroups ----------------------------------------------------------------

# end_group FOLDER: kills all that lives in a cgroup, and removes it with what is below.
end_group() {
  local i pids
  for ((i = 0; i < 100; i++)); do
    # 0 is a process that is out of sight from here, and none of ours.
    mapfile -t pids < <(find "$1" -name cgroup.procs -exec cat {} + 2>/dev/null | grep -vx 0)
    ((${#pids[@]} == 0)) || kill -9 "${pids[@]}" 2>/dev/null || true
    find "$1" -depth -type d -exec rmdir {} \; 2>/dev/null || true
    [[ -d $1 ]] || return 0
    sleep 0.05
  done
  say "cannot remove $1: a process in it does not end"
}
