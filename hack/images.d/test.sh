#!/usr/bin/env bash
# Tests of hack/images: the scripts, the stub, the tars, and as root the images'
# programs themselves, run without a cluster. Ends with "N passed, N failed".
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

passed=0
failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

check() {
  local what=$1
  shift
  if "$@" > "$work/output" 2>&1; then
    echo "ok $what"
    passed=$((passed + 1))
  else
    echo "FAILED $what"
    sed 's/^/  | /' "$work/output"
    failed=$((failed + 1))
  fi
}

# image TAR: its name, whether its layers are as announced, and its configuration.
image() {
  python3 - "$1" << 'PYTHON'
import hashlib, json, sys, tarfile
with tarfile.open(sys.argv[1]) as tar:
    manifest = json.load(tar.extractfile("manifest.json"))[0]
    image = json.load(tar.extractfile(manifest["Config"]))
    digests = ["sha256:" + hashlib.file_digest(tar.extractfile(layer), "sha256").hexdigest() for layer in manifest["Layers"]]
    links = [e.name for e in tarfile.open(fileobj=tar.extractfile(manifest["Layers"][0])) if e.issym()]
assert digests == image["rootfs"]["diff_ids"], "a layer is not what the image says"
assert "usr/bin/sh" in links and "bin" in links, "no shell"
config = image["config"]
print(manifest["RepoTags"][0], config.get("User", "-"), *config.get("ExposedPorts", "-"), *config.get("Volumes", "-"),
      config.get("StopSignal", "-"), config.get("WorkingDir", "-"), "healthcheck" if "Healthcheck" in config else "-")
PYTHON
}

is() {
  local want=$1 got
  shift
  got=$("$@")
  [ "$got" = "$want" ] || { printf 'wanted %s\ngot    %s\n' "$want" "$got"; return 1; }
}

same_bytes() {
  mkdir "$work/again"
  python3 -B build.py build images "${tars%/*}" "$work/again"
  diff <(cd "$tars" && sha256sum ./*) <(cd "$work/again" && sha256sum ./*)
}

if command -v shellcheck > /dev/null; then
  check "shellcheck finds nothing" shellcheck ../images ./*.sh content/*.sh examples/*/content/*.sh ../../examples/scripteam/make-secrets.sh
else
  echo "skipped shellcheck: apt-get install shellcheck"
fi
check "the stub's source is formatted" is "" gofmt -l stub
check "the stub's own tests" go -C stub test ./...
check "the stub's vet" go -C stub vet ./...

for example in examples/*/; do
  check "the images of ${example#*/} say where they come from" test -n "$(python3 -B build.py origins "${example%/}")"
done
check "the images are built" ../images build
tars=$(../images dir)
check "an unchanged build answers at once" timeout 1 ../images build
check "a second build gives the same bytes" same_bytes
while read -r name want; do
  check "$name is as announced" is "$want" image "$tars/$name.tar"
done << 'END'
postgres docker.io/library/postgres:15-alpine - 5432/tcp /var/lib/postgresql/data SIGINT - -
redis docker.io/library/redis:7-alpine - 6379/tcp /data - /data -
nginx docker.io/library/nginx:alpine - 80/tcp - SIGQUIT - -
api docker.io/library/scripteam-api:latest scripteam 3000/tcp - - /app healthcheck
gpt-oss docker.io/library/scripteam-gpt-oss:latest scripteam 8080/tcp - - /app healthcheck
n8n docker.io/n8nio/n8n:latest node 5678/tcp - - /home/node -
testbox docker.io/stackwright/testbox:1 - - - - - -
END

if [ "$(id -u)" = 0 ]; then
  mkdir "$work/roots"
  unshare --net --mount --propagation private --pid --fork --kill-child --mount-proc \
    ./test-containers.sh "$tars" "$work/roots" | tee "$work/containers"
  passed=$((passed + $(grep -c '^ok ' "$work/containers" || true)))
  failed=$((failed + $(grep -c '^FAILED ' "$work/containers" || true)))
else
  echo "skipped the images' programs: run as root, for namespaces and chroot"
fi

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
