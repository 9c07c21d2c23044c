#!/usr/bin/env python3
"""Build the images for real nodes, without a daemon, a chroot or privileges.

    build.py fetch SET CACHE        download the packages that the images need
    build.py build SET CACHE OUT    write OUT/<image>.tar for each SET/*.toml
    build.py list SET               print the images' names
    build.py origins SET            print each name and where the image comes from

A set is a folder of images: `images`, or `examples/<example>`. An image is a stack of
layers: the shared ones (layers/*.toml) that it names and its own; both are described
by the same few tables:

    packages    Debian packages, unpacked with all they depend on; no maintainer script runs
    trees       folders of packages that other registries have; see registries.py
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
from registries import Registries

HERE = Path(__file__).parent
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Debian and Go call the usual machines by the same names.
ARCHITECTURE = subprocess.check_output(["dpkg", "--print-architecture"], text=True).strip()
EPOCH = "1970-01-01T00:00:00Z"


def read(folder: str) -> dict[str, dict]:
    return {file.stem: tomllib.loads(file.read_text()) for file in sorted((HERE / folder).glob("*.toml"))}


def descriptions(images_of: str) -> tuple[dict, dict]:
    """Images, and all layers: the shared ones that they name, and one for each image by its name."""
    images = read(images_of)
    shared = {name for spec in images.values() for name in spec["layers"]}
    layers = {name: spec for name, spec in read("layers").items() if name in shared}
    return images, layers | {own(name): spec for name, spec in images.items()}


def own(name: str) -> str:
    """What an image's own layer is called, since a shared one may have the image's name."""
    return f"{name}.own"


def names(spec: dict) -> list[str]:
    """By which it is pulled; most images have one."""
    return [spec["name"], *spec.get("also", [])]


def fetch(images_of: str, cache: Path) -> tuple[dict[str, list[Path]], dict[str, dict[str, Path]]]:
    """For each layer its packages, without those that a layer below it has, and its trees by where they go."""
    debian, registries = Debian(cache / "apt"), Registries(cache / "packages", HERE)
    images, layers = descriptions(images_of)
    trees = {name: {tree["at"]: registries.tree(tree) for tree in spec.get("trees", [])} for name, spec in layers.items()}
    closures = {name: debian.closure(spec.get("packages", [])) for name, spec in layers.items()}
    for name, spec in images.items():
        below = {deb for shared in spec["layers"] for deb in closures[shared]}
        closures[own(name)] = [deb for deb in closures[own(name)] if deb not in below]
    return closures, trees


def build(images_of: str, cache: Path, out: Path):
    closures, trees = fetch(images_of, cache)
    images, layers = descriptions(images_of)
    with tempfile.TemporaryDirectory(dir=out) as folder, ThreadPoolExecutor() as pool:
        def one(name: str) -> str:
            return build_layer(layers[name], closures[name], trees[name], HERE, Path(folder) / name)

        digests = dict(zip(layers, pool.map(one, layers)))
        for name, spec in images.items():
            stack = [*spec["layers"], own(name)]
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
    manifest = [{"Config": image_name, "RepoTags": names(spec), "Layers": layer_names}]
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
        case ["fetch", images_of, cache]:
            fetch(images_of, Path(cache))
        case ["build", images_of, cache, out]:
            build(images_of, Path(cache), Path(out))
        case ["list", images_of]:
            for spec in read(images_of).values():
                print(*names(spec), sep="\n")
        case ["origins", images_of]:
            for spec in read(images_of).values():
                for name in names(spec):
                    print(name, spec["origin"], sep="\t")
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except subprocess.CalledProcessError as error:
        raise SystemExit(f"{Path(error.cmd[0]).name} ended with {error.returncode} (see above)") from None
