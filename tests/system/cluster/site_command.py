"""The site's own way to a node, as packaging/enrolment has it: ssh, through a service node that lives,
from a user of the management node.  His key can do nothing on a node but print the agent's, and
nothing on a service node but go on to a node.
"""

import os
import subprocess
import tempfile
from pathlib import Path
from typing import Mapping, Sequence

from . import wait
from .host import Host
from .management_node import ManagementNode
from .tree import Tree

PACKAGE = "openssh-server"
HELPER = "/run/sncoord-enrol.sock"
_HELPER_ID = 990
_HELPER_HOME = "/home/sn-enrol"
_FILES = Path(__file__).resolve().parents[3] / "packaging/enrolment"
_ANYWHERE = 'restrict,port-forwarding,permitopen="*:22"'


class SiteCommand:
    def __init__(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            room = Path(name)
            for key in ("host", "helper"):
                subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", room / key],
                               check=True)
            self._keys = {path.name: path.read_text() for path in room.iterdir()}

    # --- Before a host is on -------------------------------------------------------------------

    def allow_on_node(self, root: Path, snagentd: str) -> None:
        """`root`: of a node, or of its image."""
        self._allow(root, f'command="{snagentd} key",restrict')

    def serve_on(self, tree: Tree) -> None:
        """sshd of a package of its own (packages.py), for a host that has the machine's /usr."""
        tree.packages.append(PACKAGE)
        users = tree.path / "etc/passwd"
        users.write_text(users.read_text() + "sshd:x:105:65534::/run/sshd:/usr/sbin/nologin\n")

    def allow_through(self, tree: Tree, addresses: Mapping[str, str]) -> None:
        """A service node, which finds the nodes by their names."""
        self._allow(tree.path, _ANYWHERE)
        _add_hosts(tree, addresses)

    def give_to(self, tree: Tree, service_nodes: Mapping[str, str]) -> None:
        """The management node gets the helper and his key."""
        users = tree.path / "etc/passwd"
        users.write_text(users.read_text() +
                         f"sn-enrol:x:{_HELPER_ID}:{_HELPER_ID}::{_HELPER_HOME}:/bin/sh\n")
        _add_hosts(tree, service_nodes)
        tree.directory(f"{_HELPER_HOME}/.ssh", 0o700)
        tree.file(f"{_HELPER_HOME}/.ssh/id_ed25519", self._keys["helper"], 0o600)
        tree.file(f"{_HELPER_HOME}/.ssh/known_hosts", f"* {self._keys['host.pub']}")
        for found in (tree.path / _HELPER_HOME.lstrip("/")).rglob("*"):
            os.chown(found, _HELPER_ID, _HELPER_ID)
        tree.program("sn-ask-node", (_FILES / "sn-ask-node").read_text())
        tree.file("/etc/sncoord/enrol-command",
                  (_FILES / "enrol-command.example").read_text())

    def _allow(self, root: Path, what: str) -> None:
        for path, text, mode in (
                ("etc/ssh/host_key", self._keys["host"], 0o600),
                ("etc/ssh/sshd_config",
                 "HostKey /etc/ssh/host_key\nUsePAM no\nPidFile /run/sshd.pid\n", 0o644),
                ("root/.ssh/authorized_keys", f"{what} {self._keys['helper.pub']}", 0o600)):
            file = root / path
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file.write_text(text)
            file.chmod(mode)

    # --- Afterwards ----------------------------------------------------------------------------

    @staticmethod
    def start_servers(hosts: Sequence[Host]) -> None:
        for host in hosts:
            host.path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
            host.run("/usr/sbin/sshd", "-f", "/etc/ssh/sshd_config")

    @staticmethod
    def start_helper(mn: ManagementNode) -> None:
        mn.start("systemd-socket-activate", "--accept", "--inetd", "-l", HELPER,
                 "setpriv", f"--reuid={_HELPER_ID}", f"--regid={_HELPER_ID}", "--clear-groups",
                 "/usr/local/sbin/sn-ask-node",
                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait.until("the helper listens", lambda: mn.path(HELPER).exists())


def _add_hosts(tree: Tree, addresses: Mapping[str, str]) -> None:
    file = tree.path / "etc/hosts"
    text = file.read_text() if file.exists() else "127.0.0.1 localhost\n"
    tree.file("/etc/hosts", text + "".join(f"{address} {name}\n"
                                           for name, address in addresses.items()))
