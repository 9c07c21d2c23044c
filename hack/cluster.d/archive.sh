# shellcheck shell=bash
# Image archives of one layer, made from a folder without a container engine. Sourced.

# make_image DIR FILE NAME CONFIG: DIR/root becomes the one layer of DIR/FILE.tar,
# in the form of `docker save`. The same folder makes the same file.
make_image() {
  local work=$1/work layer
  mkdir "$work"
  plain_tar -C "$1/root" -cf "$work/layer.tar" .
  layer=$(sha256sum "$work/layer.tar")
  cat >"$work/config.json" <<JSON
{"architecture": "$(go_arch)", "os": "linux", "created": "1970-01-01T00:00:00Z",
 "config": {"Env": ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"], $4},
 "rootfs": {"type": "layers", "diff_ids": ["sha256:${layer%% *}"]}}
JSON
  echo '[{"Config": "config.json", "RepoTags": ["'"$3"'"], "Layers": ["layer.tar"]}]' >"$work/manifest.json"
  plain_tar -C "$work" -cf "$1/$2.tar" manifest.json config.json layer.tar
  rm -rf "$work" "$1/root"
}

# tar without the times and owners of this machine.
plain_tar() { tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner "$@"; }

go_arch() {
  case $(uname -m) in
  x86_64) echo amd64 ;;
  aarch64) echo arm64 ;;
  *) uname -m ;;
  esac
}
