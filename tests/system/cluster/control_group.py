"""A control group of our own in the machine's cgroup2 tree, for a systemd that believes it is
alone.  The only thing of a cluster that has a name outside of it, and outlives its processes:
the keeper of the world removes it, and whoever comes next removes what a dead keeper left.
"""

import os
from pathlib import Path

from . import wait
from .host import start_time

_PREFIX = "sn-cluster-"


def _mount_point() -> Path | None:
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        if after.startswith("cgroup2 "):
            return Path(before.split()[4])
    return None


def _own() -> Path | None:
    top = _mount_point()
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        if top and line.startswith("0::"):
            return top / line[3:].lstrip("/")
    return None


def make() -> Path | None:
    """A new group beside the caller's processes; None where there is no cgroup2 to be had."""
    own = _own()
    if own is None:
        return None
    _sweep(own)
    group = own / f"{_PREFIX}{os.getpid()}-{start_time(os.getpid())}"
    try:
        group.mkdir()
    except OSError:
        return None
    return group


def remove(group: Path) -> None:
    """Its processes are dead or dying; a group can go when the last has been reaped."""
    def gone() -> bool:
        for directory, _, _ in os.walk(group, topdown=False):
            try:
                os.rmdir(directory)
            except OSError:
                return False
        return not group.exists()
    wait.until(f"{group} is removed", gone, deadline_s=10)


def _sweep(own: Path) -> None:
    for group in own.glob(f"{_PREFIX}*"):
        pid, _, born = group.name.removeprefix(_PREFIX).partition("-")
        if start_time(int(pid)) != born:
            remove(group)
