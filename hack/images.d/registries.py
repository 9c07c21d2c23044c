"""Packages of the registries beside Debian's, each kind by its ordinary client, as folders.

A description's tree names the packages and where in the image they go (`at`):

    { npm = ["pg@8.13.1"], at = "/app/node_modules" }
    { pypi = ["fastapi==0.115.6"], at = "/usr/local" }      programs in bin, modules where Debian's Python looks
    { maven = ["org.neo4j:neo4j:5.26.0"], at = "/opt/lib" } the jars, and those that they need
    { go = { minio = "github.com/minio/minio" }, module = "...", at = "/usr/bin" }   built by that go.mod

A folder is kept in the cache under the hash of the tree's description. What the packages
need in their turn has the version of the day on which it was fetched, as with Debian's.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

# Client and Debian package of each kind.
CLIENTS = {"go": ("go", "golang"), "npm": ("npm", "npm"), "pypi": ("pip3", "python3-pip"), "maven": ("mvn", "maven")}

# Debian 12's own, which is that of the images too.
PYTHON, PYTHON_VERSION = "/usr/bin/python3", "3.11"

# Raised when a kind's folders are made in another way than before.
FORM = {"go": 1, "npm": 1, "pypi": 2, "maven": 1}


class Registries:
    def __init__(self, cache: Path, sources: Path):
        self.cache = cache
        self.sources = sources
        cache.mkdir(parents=True, exist_ok=True)

    def tree(self, tree: dict) -> Path:
        kind = next(kind for kind in CLIENTS if kind in tree)
        digest = hashlib.sha256(json.dumps([kind, tree[kind], os.uname().machine, FORM[kind]], sort_keys=True).encode())
        if kind == "go":
            for file in ("go.mod", "go.sum"):
                digest.update((self.sources / tree["module"] / file).read_bytes())
        folder = self.cache / f"{kind}-{digest.hexdigest()[:16]}"
        if folder.is_dir():
            os.utime(folder)
            return folder
        client, package = CLIENTS[kind]
        if not shutil.which(client):
            raise SystemExit(f"{client} is missing: apt-get install {package}")
        print(f"hack/images: {', '.join(tree[kind])} ({kind})", flush=True, file=sys.stderr)
        # It appears by a rename, so that a killed fetch leaves nothing half.
        with tempfile.TemporaryDirectory(dir=self.cache, prefix=".fetching-") as work:
            out = Path(work) / "out"
            out.mkdir()
            getattr(self, kind)(tree, Path(work), out)
            out.rename(folder)
        return folder

    def go(self, tree: dict, work: Path, out: Path):
        for name, package in tree["go"].items():
            run("go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", out / name, package,
                cwd=self.sources / tree["module"], env=os.environ | {"CGO_ENABLED": "0"})

    def npm(self, tree: dict, work: Path, out: Path):
        """No script of a package runs; what it ships for this machine comes as a package of its own."""
        run("npm", "install", "--silent", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund",
            "--prefix", work, *tree["npm"])
        (work / "node_modules/.package-lock.json").unlink()
        out.rmdir()
        (work / "node_modules").rename(out)

    def pypi(self, tree: dict, work: Path, out: Path):
        modules = out / f"lib/python{PYTHON_VERSION}/dist-packages"
        # What a package needs depends on the Python down to its last number.
        run("pip3", "--python", PYTHON, "install", "--quiet", "--root-user-action=ignore", "--no-compile",
            "--no-warn-conflicts", "--only-binary=:all:", "--target", modules, *tree["pypi"])
        # pip may name another path.
        (modules / "bin").rename(out / "bin")
        for program in (out / "bin").iterdir():
            program.write_bytes(re.sub(rb"^#!.*python\S*", b"#!/usr/bin/python3", program.read_bytes()))

    def maven(self, tree: dict, work: Path, out: Path):
        dependencies = []
        for artifact in tree["maven"]:
            group, name, version = artifact.split(":")
            dependencies.append(
                f"<dependency><groupId>{group}</groupId><artifactId>{name}</artifactId><version>{version}</version></dependency>"
            )
        (work / "pom.xml").write_text(
            "<project><modelVersion>4.0.0</modelVersion><groupId>stackwright.dev</groupId><artifactId>image</artifactId><version>1</version>"
            f"<dependencies>{''.join(dependencies)}</dependencies></project>"
        )
        run("mvn", "--quiet", "--batch-mode", "dependency:copy-dependencies", "-DincludeScope=runtime",
            f"-DoutputDirectory={out}", cwd=work)


def run(*command, **options):
    subprocess.run([str(part) for part in command], check=True, stdout=sys.stderr, **options)
