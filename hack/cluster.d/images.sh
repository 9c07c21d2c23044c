# shellcheck shell=bash
# Images for real nodes: those of the cluster itself, and those of a folder with
# archives. A small registry at the machine's end of the bridge serves all of them.
# Sourced after binaries.sh and network.sh.

PAUSE_IMAGE=stackwright.dev/cluster/pause:1
COREDNS_IMAGE=stackwright.dev/cluster/coredns:1
LOCAL_PATH_IMAGE=stackwright.dev/cluster/local-path-provisioner:1
BUSYBOX_IMAGE=docker.io/library/busybox:1

registry_address() { echo "$(machine_address):5000"; }

start_registry() {
  mkdir -p "$STATE/images"
  system_images
  ln -s "$SYSTEM_IMAGES"/*.tar "$STATE/images/"
  [[ -z $IMAGES ]] || add_images "$IMAGES"
  bin_of registry
  record registry "$(registry_address)"
  start registry "$REPLY/registry" --address "$(registry_address)" --folder "$STATE/images"
}

# add_images DIR: sets NEW_IMAGES when there is one that was not there before.
add_images() {
  local file link found=
  NEW_IMAGES=
  for file in "$1"/*.tar; do
    [[ -e $file ]] || continue
    found=yes
    link=$STATE/images/$(basename "$file")
    [[ $(readlink "$link") == "$file" && ! $file -nt $link ]] && continue
    ln -sf "$file" "$link"
    NEW_IMAGES=yes
  done
  [[ -n $found ]] || die "$1 contains no *.tar" "name the folder of the image archives"
}

# image_names: what the registry has, once it has read the archives.
image_names() (
  exec 3<>"/dev/tcp/$(machine_address)/5000" &&
    printf 'GET /images HTTP/1.0\r\n\r\n' >&3 && sed '1,/^\r$/d' <&3
)

# preload_images: every image onto every node, so that a pod starts at once, and
# also one with `imagePullPolicy: Never`.
preload_images() {
  local i names runs=()
  names=$(image_names)
  for ((i = 1; i <= NODES; i++)); do
    pull_on_node "$i" "$names" >"$STATE/node-$i-images.log" 2>&1 &
    runs+=($!)
  done
  for ((i = 1; i <= NODES; i++)); do
    wait "${runs[i - 1]}" ||
      die "cannot pull an image: $(tail -n 1 "$STATE/node-$i-images.log")" "read $STATE/node-$i-images.log and $STATE/registry.log"
  done
  say "$(wc -w <<<"$names") images on each node"
}

# One after the other, and tried again: ctr and kubelet may be at the same layer.
pull_on_node() {
  local image try
  for image in $2; do
    for try in 1 2 3; do
      echo "$image, try $try"
      in_node "$1" ctr --namespace k8s.io images pull --local --hosts-dir "$STATE/node-$1/hosts" "$image" && continue 2
      sleep 0.3
    done
    return 1
  done
}

# in_node I COMMAND...: inside the node, with the node's own PATH.
in_node() {
  local parent child
  parent=$(alive "$NAME-$1") || die "node $NAME-$1 is not running" "hack/cluster up --name $NAME"
  read -r child _ <"/proc/$parent/task/$parent/children"
  # shellcheck disable=SC2016 # expanded in there
  nsenter --target "$child" --all -- bash -c 'source "$0/node.env" && exec "$@"' "$STATE/node-$1" "${@:2}"
}

# system_images: sets SYSTEM_IMAGES to the folder of the cluster's own, made once
# for each set of binaries.
system_images() {
  local coredns provisioner pause
  bin_of coredns && coredns=$REPLY/coredns
  bin_of local-path-provisioner && provisioner=$REPLY/local-path-provisioner
  bin_of pause && pause=$REPLY/pause
  SYSTEM_IMAGES=${pause%/*}/images-$(cat "$HERE"/{archive,images}.sh <(echo "$coredns $provisioner") "$(command -v busybox)" | sha256sum | cut -c1-16)
  [[ ! -d $SYSTEM_IMAGES ]] || return 0

  local root made
  made=$(mktemp -d "${pause%/*}/.building.XXXXXX")
  root=$made/root
  mkdir -p "$root" && install "$pause" "$root/pause"
  make_image "$made" pause "$PAUSE_IMAGE" '"Entrypoint": ["/pause"]'
  mkdir -p "$root" && install "$coredns" "$root/coredns"
  make_image "$made" coredns "$COREDNS_IMAGE" '"Entrypoint": ["/coredns"]'
  mkdir -p "$root/tmp" && install "$provisioner" "$root/local-path-provisioner"
  make_image "$made" local-path-provisioner "$LOCAL_PATH_IMAGE" '"Entrypoint": ["/local-path-provisioner"]'
  mkdir -p "$root"/{bin,tmp,etc,root,proc,sys,dev}
  chmod 1777 "$root/tmp"
  install "$(command -v busybox)" "$root/bin/busybox"
  busybox --list | grep -vx busybox | xargs -I{} ln -s busybox "$root/bin/{}"
  echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
  echo 'root:x:0:' >"$root/etc/group"
  make_image "$made" busybox "$BUSYBOX_IMAGE" '"Cmd": ["sh"]'
  mv -T "$made" "$SYSTEM_IMAGES" 2>/dev/null || rm -rf "$made"
}
