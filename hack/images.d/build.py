#!/usr/bin/env python3
"""Build the images for real nodes, without a daemon, a chroot or privileges.

    build.py fetch CACHE        download the packages that the images need
    build.py build CACHE OUT    write OUT/<image>.tar for each images/*.toml
    build.py list               print the images' names

An image is a stack of layers: the shared ones (layers/*.toml) that it names and
its own (images/*.toml); both are described by the same few tables:

    packages    Debian packages, unpacked with all they depend on; no maintainer script runs
    applets-of  path of busybox in its package; makes this the lowest layer, with links to its commands
    users       name = { uid, gid, home, shell, group }
    dirs        path = { mode, owner }
    files       path = { from | text | go, mode }   (go: a Go program's folder)
    links       path = target
    config      Docker's image configuration, in Docker's own words

The result is what `docker save` writes, since that form keeps health checks and
volumes; containerd and Docker read it.
"""

import hashlib
import io
import json
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from debian import Debian
from layer import build as build_layer

HERE = Path(__file__).parent
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Debian and Go call the usual machines by the same names.
ARCHITECTURE = subprocess.check_output(["dpkg", "--print-architecture"], text=True).strip()
EPOCH = "1970-01-01T00:00:00Z"


def read(folder: str) -> dict[str, dict]:
    return {file.stem: tomllib.loads(file.read_text()) for file in sorted((HERE / folder).glob("*.toml"))}


def descriptions() -> tuple[dict, dict]:
    """Images, and all layers: the shared ones, and one for each image by its name."""
    images, shared = read("images"), read("layers")
    if twice := images.keys() & shared.keys():
        raise SystemExit(f"{', '.join(twice)}: an image and a shared layer have the same name")
    return images, shared | images


def fetch(cache: Path) -> dict[str, list[Path]]:
    """For each layer its packages, without those that a layer below it has."""
    debian = Debian(cache / "apt")
    images, layers = descriptions()
    closures = {name: debian.closure(spec.get("packages", [])) for name, spec in layers.items()}
    for name, spec in images.items():
        below = {deb for shared in spec["layers"] for deb in closures[shared]}
        closures[name] = [deb for deb in closures[name] if deb not in below]
    return closures


def build(cache: Path, out: Path):
    closures = fetch(cache)
    images, layers = descriptions()
    with tempfile.TemporaryDirectory(dir=out) as folder, ThreadPoolExecutor() as pool:
        def one(name: str) -> str:
            return build_layer(layers[name], closures[name], HERE, Path(folder) / name)

        digests = dict(zip(layers, pool.map(one, layers)))
        for name, spec in images.items():
            stack = [*spec["layers"], name]
            save(spec, {layer: digests[layer] for layer in stack}, Path(folder), out / f"{name}.tar")


def save(spec: dict, digests: dict[str, str], folder: Path, path: Path):
    """Put configuration and layers together as `docker save` does."""
    config = spec.get("config", {})
    config["Env"] = config.get("Env", [f"PATH={PATH}"])
    config["Labels"] = {"org.opencontainers.image.description": spec["description"]}
    image = json.dumps({
        "architecture": ARCHITECTURE,
        "os": "linux",
        "created": EPOCH,
        "config": config,
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}" for digest in digests.values()]},
        "history": [{"created": EPOCH, "created_by": f"hack/images: {name}"} for name in digests],
    }).encode()
    image_name = f"{hashlib.sha256(image).hexdigest()}.json"
    layer_names = [f"{digest}.tar" for digest in digests.values()]
    manifest = [{"Config": image_name, "RepoTags": [spec["name"]], "Layers": layer_names}]
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as tar:
        for name, data in (("manifest.json", json.dumps(manifest).encode()), (image_name, image)):
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
        for name, layer_name in zip(digests, layer_names):
            entry = tarfile.TarInfo(layer_name)
            entry.size = (folder / name).stat().st_size
            with open(folder / name, "rb") as data:
                tar.addfile(entry, data)


def main(arguments: list[str]):
    match arguments:
        case ["fetch", cache]:
            fetch(Path(cache))
        case ["build", cache, out]:
            build(Path(cache), Path(out))
        case ["list"]:
            for spec in read("images").values():
                print(spec["name"])
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except subprocess.CalledProcessError as error:
        raise SystemExit(f"{Path(error.cmd[0]).name} ended with {error.returncode} (see above)") from None
