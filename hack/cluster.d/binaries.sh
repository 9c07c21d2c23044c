# shellcheck shell=bash
# Builds the cluster's programs from their Go modules into the user's cache folder,
# each module's under a hash of all that goes into it, so that a second checkout
# starts at once. Sourced after lib.sh and requirements.sh.
#
# The modules of go.work have one version of each library, so that Go compiles
# a package once for all of them. Older versions of Kubernetes have their own.

CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/stackwright/bin

# program  module  package. Real nodes alone need the second list. One `go build` makes
# all programs of a module: while it links one, it compiles the next. Kubernetes comes
# first: the other modules use most of its libraries.
SIMULATED_SET='
kube-apiserver           kubernetes  k8s.io/kubernetes/cmd/kube-apiserver
kube-controller-manager  kubernetes  k8s.io/kubernetes/cmd/kube-controller-manager
kube-scheduler           kubernetes  k8s.io/kubernetes/cmd/kube-scheduler
kubectl                  kubernetes  k8s.io/kubernetes/cmd/kubectl
etcd                     etcd        go.etcd.io/etcd/server/v3
kwok                     kwok        sigs.k8s.io/kwok/cmd/kwok
'
REAL_SET='
kubelet                  kubernetes  k8s.io/kubernetes/cmd/kubelet
kube-proxy               kubernetes  k8s.io/kubernetes/cmd/kube-proxy
containerd               containerd  github.com/containerd/containerd/v2/cmd/containerd
containerd-shim-runc-v2  containerd  github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2
ctr                      containerd  github.com/containerd/containerd/v2/cmd/ctr
ptp                      cni         github.com/containernetworking/plugins/plugins/main/ptp
loopback                 cni         github.com/containernetworking/plugins/plugins/main/loopback
host-local               cni         github.com/containernetworking/plugins/plugins/ipam/host-local
portmap                  cni         github.com/containernetworking/plugins/plugins/meta/portmap
local-path-provisioner   local-path-provisioner  github.com/rancher/local-path-provisioner
coredns                  coredns     stackwright.dev/hack/cluster/coredns
netpol                   netpol      stackwright.dev/hack/cluster/netpol
registry                 registry    stackwright.dev/hack/cluster/registry
pause                    pause       stackwright.dev/hack/cluster/pause
'

# The pinned versions of Kubernetes, oldest first, such as 1.37.
kubernetes_versions() {
  local folder
  for folder in "$HERE"/modules/kubernetes-*; do echo "${folder##*/kubernetes-}"; done | sort -V
}

# choose_kubernetes [VERSION]: sets KUBERNETES, on which the module `kubernetes`
# depends: the given one, else the environment's, else the newest.
choose_kubernetes() {
  KUBERNETES=${1:-${STACKWRIGHT_KUBERNETES:-$(kubernetes_versions | tail -n 1)}}
  kubernetes_versions | grep -qxF "$KUBERNETES" ||
    die "unknown version of Kubernetes '$KUBERNETES'" "choose one of $(kubernetes_versions | xargs)"
}

module_folder() {
  case $1 in
  kubernetes) echo "$HERE/modules/kubernetes-$KUBERNETES" ;;
  coredns | netpol | registry | pause) echo "$HERE/$1" ;; # our own programs
  *) echo "$HERE/modules/$1" ;;
  esac
}

# shares_libraries FOLDER: whether go.work names the module in it.
shares_libraries() { grep -qxF $'\t'".${1#"$HERE"}" "$HERE/go.work"; }

# in_module MODULE COMMAND...: in its folder, with Go set up for its builds.
in_module() {
  local folder
  folder=$(module_folder "$1")
  cd "$folder" || return
  # Go refuses to build a module that a workspace around it does not name.
  shares_libraries "$folder" || export GOWORK=off
  CGO_ENABLED=0 exec nice -n 5 "${@:2}"
}

# ldflags MODULE: kubectl and the servers tell their version by these; a bare
# build says v0.0.0.
ldflags() {
  echo "-s -w"
  [[ $1 == kubernetes ]] || return 0
  local version p=k8s.io/component-base/version
  version=$(sed -n 's/^\(require \|\t\)k8s.io\/kubernetes \(v[^ ]*\).*/\2/p' "$(module_folder kubernetes)/go.mod")
  echo "-X $p.gitVersion=$version -X $p.gitMajor=1 -X $p.gitMinor=${KUBERNETES#1.}" \
    "-X k8s.io/client-go/pkg/version.gitVersion=$version"
}

# bin_of MODULE: sets REPLY to the folder that holds its programs, built or not.
# Worked out once per run: the hash costs some 20 ms.
declare -A FOLDER=()
bin_of() {
  local module=$1
  [[ $module != kubernetes ]] || module=kubernetes-$KUBERNETES
  REPLY=${FOLDER[$module]:-}
  [[ -z $REPLY ]] || return 0
  local folder hash
  folder=$(module_folder "$1")
  hash=$(cd "$HERE" && {
    echo "CGO_ENABLED=0 -trimpath $(ldflags "$1" | xargs)"
    # One module can raise the version of a library of all.
    ! shares_libraries "$folder" || sed -n 's|^\t\(.*\)|\1/go.mod|p' go.work | xargs cat go.work
    # Go files are our own programs' source; the other modules have none.
    find "$folder" -name 'go.*' -o -name '*.go' | sort | xargs cat
  } | sha256sum)
  REPLY=$CACHE/$module-${hash:0:16}
  FOLDER[$module]=$REPLY
}

# missing_programs real|simulated: sets MISSING to the rows of the programs that are
# not built, and MODULES to their modules.
missing_programs() {
  local set=$SIMULATED_SET program module package
  [[ $1 == real ]] && set+=$REAL_SET
  MISSING=() MODULES=()
  while read -r program module package; do
    [[ -n $program ]] || continue
    bin_of "$module"
    [[ ! -x $REPLY/$program ]] || continue
    MISSING+=("$program $module $package")
    [[ " ${MODULES[*]} " == *" $module "* ]] || MODULES+=("$module")
  done <<<"$set"
}

# build_programs real|simulated: what is missing, one module after the other (a build
# uses all cores anyway), with a word on how long it takes.
build_programs() {
  missing_programs "$1"
  ((${#MISSING[@]})) || return 0
  require_go
  mkdir -p "$CACHE"
  exec 8>"$CACHE/.lock"
  flock -n 8 || { say "waiting for another checkout that builds the same programs"; flock 8; }
  missing_programs "$1"
  rm -rf "$CACHE"/*/.building.* # of builds that were killed
  ((${#MISSING[@]} == 0)) || say "${#MISSING[@]} programs to build, once. All of them take about 5 minutes for" \
    "simulated nodes and 9 with real ones, on two cores and an empty Go cache"
  # The later modules arrive while the first are compiled. The build reports what fails.
  fetch_sources >/dev/null 2>&1 8>&- 9>&- &
  local module
  for module in "${MODULES[@]}"; do build_module "$module"; done
  exec 8>&-
}

# fetch_sources: downloads the sources of the missing programs.
fetch_sources() {
  local module
  for module in "${MODULES[@]}"; do
    # shellcheck disable=SC2046 # a word for each package
    (in_module "$module" go list -deps $(rows_of "$module" package) >/dev/null)
  done
}

# rows_of MODULE program|package: that column of its missing programs.
rows_of() {
  local program module package
  while read -r program module package; do
    [[ $module != "$1" ]] || echo "${!2}"
  done < <(printf '%s\n' "${MISSING[@]}")
}

# A killed build leaves nothing half: a program appears by a rename.
build_module() {
  local module=$1 folder temporary builder programs packages i seconds=0
  bin_of "$module"
  folder=$REPLY
  mapfile -t programs < <(rows_of "$module" program)
  mapfile -t packages < <(rows_of "$module" package)
  say "building ${programs[*]}"
  mkdir -p "$folder"
  temporary=$(mktemp -d "$folder/.building.XXXXXX")
  compile "$module" "$temporary" "${packages[@]}" 2>"$temporary/log" 8>&- &
  builder=$!
  while kill -0 $builder 2>/dev/null; do
    sleep 0.2
    seconds=$((seconds + 1))
    ((seconds % 100)) || say "still building: $(progress "$temporary")"
  done
  wait $builder || {
    grep '[ :]' "$temporary/log" | tail -n 20 >&2 || true # not the names of packages
    rm -rf "$temporary"
    die "cannot build ${programs[*]} (see above)" "check that the Go module proxy answers (go env GOPROXY), and try again"
  }
  [[ $module != kwok ]] || keep_kwok_stages "$folder/kwok-stages"
  for i in "${!programs[@]}"; do
    # Go leaves the version of a module out of the program's name: server of server/v3.
    mv "$temporary/out/$(basename "${packages[i]%/v[0-9]}")" "$folder/${programs[i]}"
  done
  rm -rf "$temporary"
}

# compile MODULE FOLDER PACKAGE...: to FOLDER/out. FOLDER/stale lists what is to be compiled.
compile() {
  (in_module "$1" go list -trimpath -deps -f '{{if .Stale}}{{.ImportPath}}{{end}}' "${@:3}" | grep . >"$2/stale") || true
  in_module "$1" go build -v -trimpath -ldflags "$(ldflags "$1" | xargs)" -o "$2/out/" "${@:3}"
}

# progress FOLDER: `go build -v` prints a package when it starts to compile it.
progress() {
  local compiled
  compiled=$(grep -vc '^go: ' "$1/log") || true
  if ((compiled)); then
    echo "package $compiled of $(wc -l <"$1/stale"), $(tail -n 1 "$1/log")"
  else
    echo "downloaded the sources of $(grep -c '^go: downloading' "$1/log") modules"
  fi
}

# kwok has no stages built in; they lie in its module, and are kept beside its
# binary, since to find the module takes Go and, the first time, the network.
keep_kwok_stages() {
  [[ ! -d $1 ]] || return 0
  local module temporary
  module=$(in_module kwok go list -m -f '{{.Dir}}' sigs.k8s.io/kwok)
  temporary=$(mktemp -d "$(dirname "$1")/.building.XXXXXX")
  cp -r "$module/kustomize/stage/." "$temporary"
  chmod -R u+w "$temporary"
  mv -T "$temporary" "$1"
}
