"""A node whose first process is systemd, as on a node that was really booted.

rsyslog, chrony and the agent are units: the distribution's own, and packaging/systemd/.  The
agent's configuration names no service commands, so the agent has to find systemd by itself.
"""

import os
import signal
import subprocess
from pathlib import Path
from typing import Any, NoReturn

from . import files, kernel, wait, world
from .cluster import REPOSITORY
from .node import Node

_UNIT = REPOSITORY / "packaging/systemd/snagentd.service"

_TARGET = """\
[Unit]
Description=Diskless node
Requires=basic.target
Wants=rsyslog.service chrony.service
After=basic.target
AllowIsolate=yes
"""

# Nothing that would reach the kernel or the devices of the real machine.
_MASKED = ("dev-hugepages.mount", "dev-mqueue.mount", "sys-kernel-debug.mount",
           "sys-kernel-tracing.mount", "sys-fs-fuse-connections.mount",
           "sys-kernel-config.mount", "proc-sys-fs-binfmt_misc.automount",
           "systemd-udevd.service", "systemd-udev-trigger.service", "systemd-modules-load.service",
           "systemd-sysctl.service", "systemd-remount-fs.service", "systemd-binfmt.service",
           "systemd-random-seed.service",
           "kmod-static-nodes.service", "modprobe@dm_mod.service", "modprobe@loop.service",
           "modprobe@drm.service", "modprobe@fuse.service", "modprobe@configfs.service",
           "modprobe@efi_pstore.service", "systemd-networkd.service", "systemd-timesyncd.service", "systemd-resolved.service",
           "apt-daily.timer", "dpkg-db-backup.timer", "e2scrub_all.timer", "fstrim.timer")

# The repository's unit says where the package installs the program.
_OVERRIDE = """\
[Service]
ExecStart=
ExecStart=/usr/local/bin/snagentd run
"""


class SystemdNode(Node):
    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        tree = self.tree
        self.agent = Unit(self, "snagentd.service")     # type: ignore[assignment]
        del tree.programs["svc"]
        units = "/etc/systemd/system"
        tree.file(f"{units}/node.target", _TARGET)
        tree.link(f"{units}/default.target", "node.target")
        tree.link(f"{units}/syslog.service", "/lib/systemd/system/rsyslog.service")
        for name in _MASKED:
            tree.link(f"{units}/{name}", "/dev/null")
        tree.file(f"{units}/snagentd.service", _UNIT.read_text())
        tree.file(f"{units}/snagentd.service.d/path.conf", _OVERRIDE)
        # Nobody sets this node's clock: it is the real machine's.
        tree.file("/etc/default/chrony", 'DAEMON_OPTS="-x"\n')
        tree.link("/etc/os-release", "../usr/lib/os-release")
        for directory in ("/etc", "/var"):
            tree.file(f"{directory}/.updated", "")

    # --- The first process ---------------------------------------------------------------------

    def _before_enter(self) -> None:
        if world.group is None:
            raise RuntimeError("systemd needs a control group: world.run(with_control_group=True)")
        group = world.group / self.name
        group.mkdir(exist_ok=True)
        (group / "cgroup.procs").write_text("0")
        kernel.unshare(kernel.CLONE_NEWCGROUP)

    def _before_init(self) -> None:
        kernel.mount("cgroup2", "/sys/fs/cgroup", "cgroup2")

    def _init(self) -> NoReturn:
        signal.pthread_sigmask(signal.SIG_SETMASK, set())
        os.execve("/lib/systemd/systemd", ["systemd", "--system", "--show-status=no"],
                  {"container": "test", "PATH": "/usr/sbin:/usr/bin", "LC_ALL": "C.UTF-8",
                   "SYSTEMD_LOG_TARGET": "journal"})

    def start_services(self) -> list[subprocess.Popen[str]]:
        """systemd starts them by itself; this only waits for it."""
        wait.until(f"{self.name}: systemd answers",
                   lambda: self.systemctl("is-system-running").stdout.strip()
                   in ("starting", "running", "degraded"))
        return [self.start_logged("systemctl", "start", "node.target", "rsyslog", "chrony")]

    # --- Services ------------------------------------------------------------------------------

    def systemctl(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run("systemctl", *arguments, check=False)

    def unit(self, name: str) -> dict[str, str]:
        lines = self.systemctl("show", name).stdout.splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)

    def service_pid(self, name: str) -> int:
        return self.pid(int(self.unit(name)["MainPID"]))

    def configure_agent(self, coordinator_key: str, mode: str = "act") -> str:
        key = super().configure_agent(coordinator_key, mode)
        text = files.agent_toml(self.entry, self.inventory, coordinator_key, mode)
        self.write("/etc/snagent/agent.toml", text[:text.index("\n[[service]]")])
        return key


class Unit:
    """A unit, used like a Daemon."""

    def __init__(self, node: SystemdNode, name: str) -> None:
        self.host = node
        self.name = name
        self.exits: list[int] = []

    def start(self) -> None:
        self.host.run("systemctl", "start", self.name)

    def stop(self) -> None:
        self.host.run("systemctl", "stop", self.name)

    def kill(self) -> None:
        """Only called when the whole machine goes."""

    @property
    def pid(self) -> int:
        return self.host.service_pid(self.name)

    def text(self) -> str:
        done = self.host.run("journalctl", "--no-pager", "--output", "cat", "--unit", self.name,
                             check=False)
        return done.stdout
