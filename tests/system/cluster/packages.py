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
            unpack(_with_libraries(package), _CACHE / package)


def _with_libraries(package: str) -> list[str]:
    """What apt would install for it on this machine."""
    plan = subprocess.run(["apt-get", "-q", "--simulate", "--no-install-recommends", "install",
                           package], capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
    names = [line.split()[1] for line in plan.stdout.splitlines() if line.startswith("Inst ")]
    return sorted({package, *names})


def unpack(names: list[str], tree: Path) -> None:
    """Downloads packages and unpacks them as `tree`, which is there as a whole or not at all.
    SystemExit: it can't be done."""
    tree.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=tree.parent) as name:
        room = Path(name)
        room.chmod(0o755)       # apt downloads without privileges
        got = subprocess.run(["apt-get", "-q", "download", *names], cwd=room,
                             capture_output=True, text=True)
        if got.returncode != 0:
            raise SystemExit(f"FAILED {' '.join(names)} cannot be downloaded "
                             f"(cure: apt-get update)\n{got.stderr}")
        whole = room / "tree"
        for archive in room.glob("*.deb"):
            subprocess.run(["dpkg-deb", "--extract", str(archive), str(whole)], check=True)
        _merge_usr(whole)
        try:
            whole.rename(tree)
        except OSError:
            if not tree.exists():       # another test was not faster
                raise


def _merge_usr(tree: Path) -> None:
    """Debian 12 has /bin and the like as links into /usr, and packages that do not know it."""
    (tree / "usr").mkdir(exist_ok=True)
    for directory in _MERGED:
        if (tree / directory).is_dir():
            shutil.copytree(tree / directory, tree / "usr" / directory, dirs_exist_ok=True,
                            symlinks=True)
