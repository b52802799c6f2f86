#!/usr/bin/python3 -B
"""The nodes log over TLS, and take nobody for their service node whose certificate names another."""

import subprocess
import tempfile
from pathlib import Path

from cluster import case, packages, wait
from cluster.cluster import Cluster
from cluster.inventory import ServiceNodeEntry
from cluster.node import Node
from cluster.tree import Tree

_PORT = 6514
_PACKAGE = "rsyslog-gnutls"
_KEYS = "/etc/ssl/log"

_NODE = """\
$DefaultNetstreamDriver gtls
$DefaultNetstreamDriverCAFile {keys}/ca.pem
$ActionSendStreamDriverMode 1
$ActionSendStreamDriverAuthMode x509/name
$ActionSendStreamDriverPermittedPeer {name}
*.* @@{name}:{port}
"""

_SERVER = """
global(DefaultNetstreamDriverCAFile="{keys}/ca.pem"
       DefaultNetstreamDriverCertFile="{keys}/cert.pem"
       DefaultNetstreamDriverKeyFile="{keys}/key.pem")
input(type="imtcp" port="{port}" ruleset="nodes"
      StreamDriver.Name="gtls" StreamDriver.Mode="1" StreamDriver.AuthMode="anon")
"""


def _openssl(*words: str) -> None:
    subprocess.run(["openssl", *words], check=True, capture_output=True)


class Authority:
    """Of this run alone."""

    def __init__(self) -> None:
        self._room = tempfile.TemporaryDirectory()
        self.room = Path(self._room.name)
        _openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=ca",
                 "-keyout", f"{self.room}/ca.key", "-out", f"{self.room}/ca.pem")

    def sign(self, name: str, tree: Tree) -> None:
        request, extensions = self.room / f"{name}.csr", self.room / f"{name}.ext"
        key, certificate = self.room / f"{name}.key", self.room / f"{name}.pem"
        _openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}",
                 "-keyout", str(key), "-out", str(request))
        extensions.write_text(f"subjectAltName=DNS:{name}\n")
        _openssl("x509", "-req", "-days", "2", "-in", str(request), "-CA", f"{self.room}/ca.pem",
                 "-CAkey", f"{self.room}/ca.key", "-CAcreateserial", "-extfile", str(extensions),
                 "-out", str(certificate))
        tree.file(f"{_KEYS}/cert.pem", certificate.read_text())
        tree.file(f"{_KEYS}/key.pem", key.read_text(), 0o600)
        self.trust(tree)

    def trust(self, tree: Tree) -> None:
        tree.file(f"{_KEYS}/ca.pem", (self.room / "ca.pem").read_text())


AUTHORITY: list[Authority] = []


class EncryptingNode(Node):
    def _furnish(self, sn: ServiceNodeEntry) -> None:
        super()._furnish(sn)
        self.tree.packages.append(_PACKAGE)
        AUTHORITY[0].trust(self.tree)
        self.tree.file("/etc/rsyslog.d/remote.conf",
                       _NODE.format(keys=_KEYS, name=sn.full_name, port=_PORT))


class EncryptedLog(case.SystemCase):
    nodes = (1, 2)

    def make_cluster(self) -> Cluster:
        if not AUTHORITY:
            AUTHORITY.append(Authority())
        cluster = Cluster(tuple(self.nodes), kind=EncryptingNode)
        for sn in (cluster.sn1, cluster.sn2):
            sn.tree.packages.append(_PACKAGE)
            AUTHORITY[0].sign(sn.entry.full_name, sn.tree)
            conf = (sn.tree.path / "etc/rsyslog.conf").read_text()
            sn.tree.file("/etc/rsyslog.conf", conf + _SERVER.format(keys=_KEYS, port=_PORT))
        return cluster

    def assert_arrives(self, node: Node, sn: object) -> None:
        message = f"over TLS to {sn.name}"     # type: ignore[attr-defined]

        def arrives() -> bool:
            self.assertTrue(node.log(message), f"{node.name}: logger hangs")
            return message in sn.received(node.entry.address)   # type: ignore[attr-defined]
        wait.until(f"a line of {node.name} arrives there", arrives)

    def test_target_and_permitted_peer_move_together(self) -> None:
        for node in self.cluster.nodes:
            self.assert_arrives(node, self.sn1)
        self.cluster.cut(self.sn1)
        plan = " ".join(self.mn.snctl("plan", "SN1P").text.split())
        self.assertIn(f"{_PORT}/tcp ok", plan)
        self.assert_exit(self.takeover("SN1P"), case.VERIFIED)
        for node in self.cluster.nodes:
            text = node.read("/etc/rsyslog.d/remote.conf")
            self.assertIn(f"PermittedPeer {self.sn2.entry.full_name}\n", text)
            self.assertIn(f"@@{self.sn2.entry.full_name}:{_PORT}\n", text)
            self.assert_arrives(node, self.sn2)
        with self.subTest("and back"):
            self.cluster.join(self.sn1)
            self.assert_exit(self.mn.snctl("sn", "clear", "SN1P", "--yes"), case.VERIFIED)
            self.assert_exit(self.mn.snctl("failback", "T1", "--yes", "--json"), case.VERIFIED)
            for node in self.cluster.nodes:
                self.assertEqual(node.read("/etc/rsyslog.d/remote.conf"), _NODE.format(
                    keys=_KEYS, name=self.sn1.entry.full_name, port=_PORT))
                self.assert_arrives(node, self.sn1)

    def test_a_backup_that_takes_no_connections_there_is_named(self) -> None:
        conf = self.sn2.read("/etc/rsyslog.conf")
        self.sn2.write("/etc/rsyslog.conf", conf.replace(f'"{_PORT}"', '"7514"'))
        self.sn2.kill("rsyslogd")
        self.sn2.run("rsyslogd")
        self.cluster.cut(self.sn1)
        moved = self.takeover("SN1P", "--all-at-once")
        self.assertEqual(set(self.verdicts(moved).values()), {"partly"}, str(moved))
        self.assertIn(f"{_PORT}/tcp", str(self.result(moved, "cn001")["reason"]))


if __name__ == "__main__":
    packages.fetch(_PACKAGE)
    case.main()
