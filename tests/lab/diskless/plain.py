"""Nodes that boot without systemd, for a run with many: busybox's init starts rsyslogd, chronyd
and the agent.  Services are restarted as the site names it in agent.toml.
"""

import shlex
from pathlib import Path

from cluster import files

from .hand import NoAnswer
from .image import GUEST
from .lab import Lab
from .node import DisklessNode
from .root import Roots

_SERVICES = "".join(
    f'\n[[service]]\nname = "{name}"\n'
    f'stop = ["/usr/local/sbin/svc", "stop", "{name}"]\n'
    f'start = ["/usr/local/sbin/svc", "start", "{name}"]\n' for name in ("rsyslog", "chrony"))


class PlainRoots(Roots):
    def _furnish(self, tree: Path) -> None:
        super()._furnish(tree)
        programs = tree / "usr/local/sbin"
        (programs / "svc").write_text(files.SVC)
        (programs / "lab-boot").write_bytes((GUEST / "plain/boot").read_bytes())
        for name in ("svc", "lab-boot"):
            (programs / name).chmod(0o755)
        # busybox goes by the name that it is called by.
        (programs / "init").symlink_to("/bin/busybox")
        (tree / "etc/inittab").write_bytes((GUEST / "plain/inittab").read_bytes())
        config = tree / "etc/snagent/agent.toml"
        config.write_text(config.read_text() + _SERVICES)


class PlainNode(DisklessNode):
    memory = "112M"
    first_process = "/usr/local/sbin/init"

    def main_pid(self, unit: str) -> int:
        raise NotImplementedError("no systemd, no units")

    def service_pid(self, name: str) -> int:
        path = {"rsyslog": "/run/rsyslogd.pid", "chrony": "/run/chrony/chronyd.pid"}[name]
        pid = self.sh(f"cat {shlex.quote(path)}", check=False).output.strip()
        return int(pid) if pid.isdigit() else 0

    def evidence(self) -> list[tuple[str, str]]:
        found = [("console", self.console.read_text(errors="replace")[-3000:])]
        try:
            found.append(("mounts", self.hand.run("grep -E ' nfs4? ' /proc/1/mounts", 5,
                                                  True).output))
        except NoAnswer as problem:
            found.append(("mounts", f"no answer: {problem}"))
        return found


class PlainLab(Lab):
    node_type = PlainNode
    roots_type = PlainRoots
