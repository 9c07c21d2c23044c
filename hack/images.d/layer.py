"""One layer of an image as a tar: packages, files, folders, links, users.

The same description gives the same bytes: fixed order, times at zero, owners
by number only.
"""

import hashlib
import io
import os
import re
import subprocess
import tarfile
import tempfile
from pathlib import Path

# Folders that are links on a Debian system; a package may still ship files
# under the old path, and a folder written there would replace the link.
MERGED = {"bin": "usr/bin", "lib": "usr/lib", "lib64": "usr/lib64", "sbin": "usr/sbin", "var/run": "run"}

# Documentation, what only an init system reads, and Debian's own configuration
# of the servers, which the official images do not have.
UNREAD = re.compile(
    r"^(usr/share/(doc|man|info|locale|lintian|bug|bash-completion|zsh|perl5|postgresql/[0-9]+/man)(/|$)"
    r"|usr/lib/postgresql/[0-9]+/lib/(bitcode(/|$)|llvmjit)"
    r"|etc/(init|systemd|cron\.d|logrotate\.d|rc.\.d|init\.d|apparmor\.d|default|ufw)(/|$)"
    r"|etc/(redis|nginx/(sites|modules)-[a-z]+|nginx/snippets)(/|$)"
    r"|usr/lib/systemd(/|$)|dev(/|$))"
)

# Users that every image knows; a description adds its own.
USERS = {
    "root": {"uid": 0, "gid": 0, "home": "/root", "shell": "/bin/sh"},
    "www-data": {"uid": 33, "gid": 33, "home": "/var/www"},
    "nobody": {"uid": 65534, "gid": 65534, "group": "nogroup"},
}


def build(spec: dict, debs: list[Path], trees: dict[str, Path], sources: Path, path: Path) -> str:
    """Write the layer that `spec` describes to `path`; its SHA-256."""
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as tar:
        Layer(tar, USERS | spec.get("users", {})).fill(spec, debs, trees, sources)
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Layer:
    def __init__(self, tar: tarfile.TarFile, users: dict):
        self.tar = tar
        self.users = users
        self.written = set()

    def fill(self, spec: dict, debs: list[Path], trees: dict[str, Path], sources: Path):
        if "applets-of" in spec:
            for name, target in MERGED.items():
                self.folder(target)
                self.link(name, f"/{target}")
        if "applets-of" in spec or "users" in spec:
            self.user_files()
        for name, folder in spec.get("dirs", {}).items():
            self.folder(name, folder.get("mode", "0755"), folder.get("owner", "root"))
        # Before the packages, since the first entry of a name wins.
        for name, file in spec.get("files", {}).items():
            self.file(name, content(file, sources), file.get("mode", "0644"))
        for name, target in spec.get("links", {}).items():
            self.link(name, target)
        for at, tree in trees.items():
            self.tree(tree, at, spec.get("dirs", {}).get(at, {}).get("owner", "root"))
        for deb in debs:
            self.unpack(deb)
        if "applets-of" in spec:
            for name in applets(spec["applets-of"], debs):
                self.link(f"usr/bin/{name}", "busybox")

    def add(self, entry: tarfile.TarInfo, data=None):
        """Write an entry and its parents, unless the path is taken."""
        entry.name = entry.name.strip("/")
        if not entry.name or entry.name in self.written:
            return
        parent = os.path.dirname(entry.name)
        if parent and parent not in self.written:
            self.folder(parent)
        self.written.add(entry.name)
        entry.mtime = 0
        entry.uname = entry.gname = ""
        self.tar.addfile(entry, data)

    def folder(self, name: str, mode: str = "0755", owner: str = "root"):
        entry = tarfile.TarInfo(name)
        entry.type = tarfile.DIRTYPE
        entry.mode = int(mode, 8)
        entry.uid, entry.gid = self.users[owner]["uid"], self.users[owner]["gid"]
        self.add(entry)

    def link(self, name: str, target: str):
        entry = tarfile.TarInfo(name)
        entry.type = tarfile.SYMTYPE
        entry.mode = 0o777
        entry.linkname = target
        self.add(entry)

    def file(self, name: str, data: bytes, mode: str = "0644"):
        entry = tarfile.TarInfo(name)
        entry.mode = int(mode, 8)
        entry.size = len(data)
        self.add(entry, io.BytesIO(data))

    def tree(self, folder: Path, at: str, owner: str):
        """Copy a folder, of which modes count by whether a file may be executed."""
        for path in sorted(folder.rglob("*")):
            entry = tarfile.TarInfo(f"{at}/{path.relative_to(folder)}")
            entry.uid, entry.gid = self.users[owner]["uid"], self.users[owner]["gid"]
            if path.is_symlink():
                entry.type, entry.mode, entry.linkname = tarfile.SYMTYPE, 0o777, os.readlink(path)
                self.add(entry)
            elif path.is_dir():
                entry.type, entry.mode = tarfile.DIRTYPE, 0o755
                self.add(entry)
            else:
                status = path.stat()
                entry.mode, entry.size = 0o755 if status.st_mode & 0o100 else 0o644, status.st_size
                with open(path, "rb") as data:
                    self.add(entry, data)

    def user_files(self):
        passwd = [
            f"{name}:x:{u['uid']}:{u['gid']}::{u.get('home', '/nonexistent')}:{u.get('shell', '/sbin/nologin')}\n"
            for name, u in self.users.items()
        ]
        group = [f"{u.get('group', name)}:x:{u['gid']}:\n" for name, u in self.users.items()]
        self.file("etc/passwd", "".join(passwd).encode())
        self.file("etc/group", "".join(group).encode())

    def unpack(self, deb: Path):
        with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE) as package:
            with tarfile.open(fileobj=package.stdout, mode="r|") as files:
                for entry in files:
                    data = files.extractfile(entry) if entry.isreg() else None
                    entry.name = place(entry.name)
                    if entry.islnk():
                        entry.linkname = place(entry.linkname)
                    if not UNREAD.match(entry.name):
                        self.add(entry, data)
        if package.returncode:
            raise SystemExit(f"{deb}: damaged: delete it and run the build again")


def place(name: str) -> str:
    """Where a path of a package really lies in an image."""
    name = name.strip("/").removeprefix(".").strip("/")
    for old, new in MERGED.items():
        if name == old or name.startswith(f"{old}/"):
            return new + name[len(old):]
    return name


def content(file: dict, sources: Path) -> bytes:
    """A file's bytes: given as text, copied from here, or a Go program built from here."""
    if "text" in file:
        return file["text"].encode()
    if "from" in file:
        return (sources / file["from"]).read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "program"
        subprocess.run(
            ["go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o", program, "."],
            check=True, cwd=sources / file["go"], env=os.environ | {"CGO_ENABLED": "0"},
        )
        return program.read_bytes()


def applets(binary: str, debs: list[Path]) -> list[str]:
    """The commands that busybox knows; only the program itself can tell."""
    with tempfile.TemporaryDirectory() as folder:
        for deb in debs:
            subprocess.run(["dpkg-deb", "--extract", deb, folder], check=True)
        listed = subprocess.run([f"{folder}/{binary}", "--list"], check=True, capture_output=True, text=True)
    return listed.stdout.split()
