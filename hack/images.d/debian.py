"""Debian packages as plain archives: what a program needs, fetched but never installed.

apt resolves and downloads against a state of its own (package lists, an empty
list of what is installed), so the machine's own apt state stays as it is and
no privileges are needed. The sources are the machine's.
"""

import re
import subprocess
import tempfile
from pathlib import Path

# What only maintainer scripts (which never run) or features that no test uses
# need: configuration helpers, Perl, PostgreSQL's JIT compiler; and the
# skeleton of a Debian system. It is half of what would be downloaded.
UNNEEDED = re.compile(
    r"^(adduser|base-files|debconf|libdebconfclient0|dpkg|init-system-helpers|lsb-base|sysvinit-utils"
    r"|perl|perl-.*|libperl5.*|lib.*-perl|libllvm.*|libz3-4|locales|libc-l10n|openssl|ssl-cert"
    r"|passwd|sensible-utils|ucf|usrmerge|debianutils|libsemanage.*|libsepol2|libgdbm.*|libdb5.3"
    r"|postgresql-common|postgresql-client-common|util-linux-extra|libpam-modules.*"
    r"|iproute2|libbpf1|libelf1|libmnl0|libxtables12|libcap2-bin|libtirpc.*)$"
)

# One line of `apt-get --simulate`: "Inst NAME (VERSION ORIGINS [ARCHITECTURE])".
PLANNED = re.compile(r"^Inst (\S+) (?:\[\S+\] )?\((\S+) .*\[(\w+)\]\)", re.MULTILINE)


class Debian:
    def __init__(self, state: Path):
        self.debs = state / "debs"
        for folder in (state / "lists/partial", state / "cache/archives/partial", self.debs):
            folder.mkdir(parents=True, exist_ok=True)
        # An empty list of installed packages: the whole closure is asked for.
        (state / "status").write_bytes(b"")
        settings = {
            "Dir::State": state,
            "Dir::State::lists": state / "lists",
            "Dir::State::status": state / "status",
            "Dir::Cache": state / "cache",
            "Dir::Cache::pkgcache": "pkgcache.bin",
            "Dir::Cache::srcpkgcache": "srcpkgcache.bin",
            "pkgCacheGen::Essential": "none",
            "APT::Install-Recommends": "0",
            # The state is the user's own, which apt's download user cannot read.
            "APT::Sandbox::User": "root",
            "Debug::NoLocking": "1",
        }
        self.apt = ["apt-get", "-qq", *(f"-o{key}={value}" for key, value in settings.items())]
        if not list((state / "lists").glob("*Release")):
            self.refresh()

    def refresh(self):
        """Read the lists of what the mirror has now."""
        self._run("update")

    def closure(self, packages: list[str]) -> list[Path]:
        """The files of these packages and of all they depend on, downloaded, sorted by name."""
        if not packages:
            return []
        try:
            return self._closure(packages)
        except subprocess.CalledProcessError:
            # The lists name a version that a security update has replaced.
            self.refresh()
            return self._closure(packages)

    def _closure(self, packages: list[str]) -> list[Path]:
        plan = self._run("--simulate", "install", *packages)
        wanted = {}
        for name, version, architecture in PLANNED.findall(plan):
            if not UNNEEDED.match(name):
                file = self.debs / f"{name}_{version.replace(':', '%3a')}_{architecture}.deb"
                wanted[file] = f"{name}={version}"
        missing = [package for file, package in wanted.items() if not file.exists()]
        if missing:
            # Beside the others, so that a half download never bears a final name.
            with tempfile.TemporaryDirectory(dir=self.debs) as partial:
                self._run("download", *missing, cwd=partial)
                for file in Path(partial).glob("*.deb"):
                    file.rename(self.debs / file.name)
        return sorted(wanted)

    def _run(self, *arguments: str, cwd: str | None = None) -> str:
        command = [*self.apt, *arguments]
        return subprocess.run(command, check=True, cwd=cwd, stdout=subprocess.PIPE, text=True).stdout
