# shellcheck shell=bash
# Functions and requirements that the scripts in hack/ share, in addition to those of hack/cluster. Sourced by a script in hack/.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT" || exit
HERE=$ROOT/hack/cluster.d
for room in lib requirements; do
  # shellcheck source=/dev/null
  source "$HERE/$room.sh"
done

# As in hack/cluster, under the name of the script that sources this.
die() {
  printf '%s: %s\n' "${0##*/}" "$1" >&2
  printf '  remedy: %s\n' "$2" >&2
  exit 1
}

require_rust() {
  command -v cargo >/dev/null ||
    die "Rust is missing" "install rustup (https://rustup.rs); rust-toolchain.toml selects the version"
  # The linker, and the C compiler of the cryptography's assembly.
  require_programs cc:gcc
}

# can_run_real_nodes: sets WHY_NOT, which is empty if this machine supports real nodes. Prints what it installs, and the remedy
# if something is missing.
can_run_real_nodes() {
  if WHY_NOT=$(require_real_nodes 2>&1 >/dev/null | tee >(cat >&2)); then
    WHY_NOT=''
    return
  fi
  WHY_NOT=$(sed -n "s/^${0##*/}: //p" <<<"$WHY_NOT" | tail -n 1)
  return 1
}
