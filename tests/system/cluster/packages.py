"""Packages of the distribution that can't be installed on a machine that only runs the tests: their
scripts would change it (systemd-resolved replaces /etc/resolv.conf).  They are unpacked once, and a
tree that wants them has them below its /usr."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

_CACHE = Path("/var/tmp/snkeeper-packages")
_MERGED = ("bin", "sbin", "lib", "lib64")


def usr(package: str) -> Path:
    """What lies below /usr of an unpacked package.  Fetched before the test's world is made, which
    has no network: see fetch()."""
    return _CACHE / package / "usr"


def fetch(*packages: str) -> None:
    """Downloads and unpacks those that are not there yet.  SystemExit: it can't be done."""
    for package in packages:
        if not usr(package).exists():
            _fetch(package)


def _with_libraries(package: str) -> list[str]:
    """What apt would install for it on this machine."""
    plan = subprocess.run(["apt-get", "-q", "--simulate", "--no-install-recommends", "install",
                           package], capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
    names = [line.split()[1] for line in plan.stdout.splitlines() if line.startswith("Inst ")]
    return sorted({package, *names})


def _fetch(package: str) -> None:
    _CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_CACHE) as name:
        room = Path(name)
        room.chmod(0o755)       # apt downloads without privileges
        got = subprocess.run(["apt-get", "-q", "download", *_with_libraries(package)], cwd=room,
                             capture_output=True, text=True)
        if got.returncode != 0:
            raise SystemExit(f"{package} cannot be downloaded (cure: apt-get update)\n{got.stderr}")
        tree = room / "tree"
        for archive in room.glob("*.deb"):
            subprocess.run(["dpkg-deb", "--extract", str(archive), str(tree)], check=True)
        (tree / "usr").mkdir(exist_ok=True)
        # Debian 12 has /bin and the like as links into /usr, and packages that do not know it.
        for directory in _MERGED:
            if (tree / directory).is_dir():
                shutil.copytree(tree / directory, tree / "usr" / directory, dirs_exist_ok=True,
                                symlinks=True)
        try:
            tree.rename(_CACHE / package)
        except OSError:
            if not usr(package).exists():       # another test was not faster
                raise
