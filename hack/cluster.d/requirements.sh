# shellcheck shell=bash
# Requirements of the machine. A missing one is an error with a remedy; as root on
# Debian the script installs missing packages. Sourced after lib.sh.

# Programs and the Debian package of each.
SIMULATED_PROGRAMS=(openssl:openssl flock:util-linux ss:iproute2)
REAL_PROGRAMS=(runc:runc iptables:iptables nft:nftables conntrack:conntrack
  busybox:busybox-static ip:iproute2 nsenter:util-linux gcc:gcc python3:python3)

# require_programs PROGRAM:PACKAGE...
require_programs() {
  local pair missing=()
  for pair in "$@"; do
    command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
  done
  ((${#missing[@]})) || return 0
  if ((EUID != 0)) || ! command -v apt-get >/dev/null; then
    die "programs of these packages are missing: ${missing[*]}" "install the packages (on Debian: apt-get install ${missing[*]})"
  fi
  say "installing ${missing[*]}"
  local log
  log=$(mktemp)
  # A fresh image has no package lists: fetch them only when the first try fails.
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" >"$log" 2>&1 ||
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"; } >>"$log" 2>&1 ||
    die "apt-get install ${missing[*]} failed: $(tail -n 1 "$log")" "read $log, and install the packages manually"
  rm -f "$log"
}

require_go() {
  command -v go >/dev/null ||
    die "Go is missing" "install Go 1.26 or later, and add it to PATH"
  local version
  version=$(go env GOVERSION)
  # shellcheck disable=SC2015 # both must hold
  [[ $version =~ ^go1\.([0-9]+) ]] && ((BASH_REMATCH[1] >= 26)) ||
    die "Go is version $version, and must be 1.26 or later" "install a newer version, and put it first in PATH"
}

# What real nodes need of the kernel, each tried in a throw-away namespace, since
# neither a list of modules nor /proc/config.gz is there on every machine.
require_real_nodes() {
  ((EUID == 0)) ||
    die "real nodes need root" "run as root, or use --simulated N"
  require_programs "${REAL_PROGRAMS[@]}"
  unshare --mount --pid --fork --uts --ipc --net --cgroup true 2>/dev/null ||
    die "cannot create namespaces" "use a machine or container with CAP_SYS_ADMIN, or use --simulated N"
  unshare --net sh -c 'ip link add try0 type bridge && ip link add try1 type veth peer name try2' 2>/dev/null ||
    die "the kernel lacks bridge or veth" "run modprobe bridge veth (CONFIG_BRIDGE, CONFIG_VETH), or use --simulated N"
  unshare --net nft add table ip try 2>/dev/null ||
    die "the kernel lacks nf_tables" "run modprobe nf_tables (CONFIG_NF_TABLES), or use --simulated N"
  # The upper folder must not lie on an overlay itself: use a tmpfs.
  unshare --mount sh -c 'mount -t tmpfs t /mnt && cd /mnt && mkdir l u w m && mount -t overlay o -o lowerdir=l,upperdir=u,workdir=w m' 2>/dev/null ||
    die "the kernel lacks overlay" "run modprobe overlay (CONFIG_OVERLAY_FS), or use --simulated N"
}
