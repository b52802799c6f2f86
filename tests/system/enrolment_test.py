#!/usr/bin/python3 -B
"""A node without a key knocks, and is let in: by its address, by the site's own command, by a
person, or not at all."""

import json
import os
import time
from pathlib import Path
from typing import Any

from cluster import case, packages, wait
from cluster.cluster import Cluster
from cluster.inventory import ENROLMENT_PORT, MANAGEMENT, MN_ON_A
from cluster.management_node import CONFIG
from cluster.node import Node
from cluster.site_command import PACKAGE, SiteCommand

_BY_HAND = Path(__file__).parent / "cluster"
_NOBODY = 65534


class _Case(case.SystemCase):
    nodes = (1, 2, 7)  # the last reaches the management node through forwarders only

    def make_cluster(self) -> Cluster:
        return Cluster(tuple(self.nodes), self.service_nodes, starts=False)

    def setUp(self) -> None:
        super().setUp()
        # As xCAT's makehosts writes it.
        hosts = "".join(f"{node.entry.address} {node.name} {node.name}.d.example\n"
                        for node in self.cluster.nodes)
        self.mn.write("/etc/hosts", "127.0.0.1 localhost\n" + hosts)
        key = self.mn.coordinator_key()
        for node in self.cluster.nodes:
            node.configure_agent(key)
        self.mn.start_coordinator()

    def keys(self) -> dict[str, str]:
        return {key["node"]: key["how"] for key in
                self.mn.snctl("keys", "list", "--json", check=True).json["keys"]}

    def pending(self) -> dict[str, Any]:
        return {key["node"]: key for key in
                self.mn.snctl("keys", "pending", "--json", check=True).json["keys"]}

    def configure(self, line: str) -> None:
        self.mn.write(CONFIG, line + "\n" + self.mn.read(CONFIG))
        self.mn.coordinator.stop()
        self.mn.start_coordinator()


class Knocks(_Case):
    def knock(self, node: Node, name: str, port: int, *said: str, user: int = 0) -> Any:
        for program in ("stranger_by_hand.py", "knock_by_hand.py"):
            node.write(f"/tmp/{program}", (_BY_HAND / program).read_text())
        become = ("setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups") if user else ()
        done = node.run(*become, "/usr/bin/python3", "-B", "/tmp/knock_by_hand.py",
                        f"{MN_ON_A}:{ENROLMENT_PORT}", self.mn.curve_key(), name, str(port),
                        *said, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_its_address_lets_a_node_in_and_nobody_types_anything(self) -> None:
        node = self.cluster["cn001"]
        node.agent.start()
        self.cluster.wait_connected("cn001")
        self.assertEqual(self.keys(), {"cn001": f"address {node.entry.address}"})
        self.assertIn("SN0420 - cn001 ", self.mn.coordinator.text())
        # A boot: /run is new, and so is the key; the old one's connection is gone or silent.
        first = node.output("snagentd", "key").strip()
        self.cluster.reboot(node, self.sn1)
        node.agent.start()
        wait.until("it is back with another key",
                   lambda: self.mn.rows()["cn001"]["connected"]
                   and first not in self.mn.snctl("keys", "list").text)
        self.assertEqual(len(self.keys()), 1)

    def test_also_while_its_service_node_is_dead(self) -> None:
        self.cluster.cut(self.sn1)
        for name in ("cn001", "cn002"):
            self.cluster[name].agent.start()
        self.cluster.wait_connected("cn001", "cn002")
        self.assert_exit(self.takeover("SN1P", "--nodes", "cn001,cn002"), case.VERIFIED)

    def test_a_node_behind_a_forwarder_waits_for_a_person(self) -> None:
        node = self.cluster["cn007"]
        node.agent.start()
        wait.until("it knocks", lambda: "cn007" in self.pending(), state=node.agent.text)
        self.assertEqual(self.pending()["cn007"]["public_key"],
                         node.output("snagentd", "key").strip())
        self.assertIn("SN0422 - cn007 ", self.mn.coordinator.text())
        status = self.mn.snctl("status").text
        self.assertIn("knocks, and is not let in", status)
        self.assertIn("snctl keys accept cn007", status)
        wait.until("its log says so", lambda: "snctl keys accept cn007" in node.agent.text())
        self.mn.snctl("keys", "accept", "cn007", "--fingerprint",
                      node.output("snagentd", "key").strip()[:12], check=True)
        self.cluster.wait_connected("cn007")
        self.assertEqual(node.agent.text().count("snctl keys accept"), 1)
        self.assertEqual(self.keys(), {"cn007": "by root"})

    def test_nobody_else_is_let_in(self) -> None:
        node, other = self.cluster["cn001"], self.cluster["cn002"]
        with self.subTest("a user of the node"):
            self.assertFalse(self.knock(node, "cn001", 0, user=_NOBODY)["accepted"])
        with self.subTest("root of another node"):
            self.assertFalse(self.knock(other, "cn001", 640)["accepted"])
        with self.subTest("who says that it stands elsewhere"):
            self.assertFalse(self.knock(node, "cn001", 641, "10.1.1.99:641")["accepted"])
        with self.subTest("of no node"):
            self.assertFalse(self.knock(node, "cn999", 642)["accepted"])
        self.assertEqual(self.keys(), {})
        with self.subTest("root of the node"):
            self.assertTrue(self.knock(node, "cn001", 643)["accepted"])

    def test_while_the_node_answers_a_second_key_is_an_alarm(self) -> None:
        node = self.cluster["cn001"]
        node.agent.start()
        self.cluster.wait_connected("cn001")
        key = node.output("snagentd", "key").strip()
        begin = time.monotonic()
        self.assertFalse(self.knock(node, "cn001", 644)["accepted"])
        self.assertLess(time.monotonic() - begin, 10)
        self.assertIn("SN0423 - cn001 ", self.mn.coordinator.text())
        self.assertIn(key, self.mn.snctl("keys", "list").text)
        self.assertTrue(self.mn.rows()["cn001"]["connected"])

    def test_a_node_whose_key_is_revoked_stays_out(self) -> None:
        node = self.cluster["cn001"]
        node.agent.start()
        self.cluster.wait_connected("cn001")
        self.mn.snctl("keys", "revoke", "cn001", check=True)
        wait.until("it knocks in vain", lambda: "cn001" in self.pending(), state=node.agent.text)
        self.assertFalse(self.mn.rows()["cn001"]["connected"])
        self.assertIn("REVOKED root", self.mn.snctl("keys", "list").text)
        self.assertIn("its key was revoked by root", self.mn.snctl("status").text)
        self.mn.coordinator.stop()
        self.mn.start_coordinator()
        wait.until("it knocks in vain", lambda: "cn001" in self.pending(), state=node.agent.text)
        self.mn.snctl("keys", "accept", "cn001", check=True)
        self.cluster.wait_connected("cn001")

    def test_where_the_site_lets_nobody_in_by_itself(self) -> None:
        self.configure('enrolment = ["manual"]')
        for name in ("cn001", "cn002"):
            self.cluster[name].agent.start()
        wait.until("both knock", lambda: {"cn001", "cn002"} <= set(self.pending()))
        self.mn.snctl("keys", "reject", "cn002", check=True)
        self.mn.snctl("keys", "accept", "cn001", check=True)
        self.cluster.wait_connected("cn001")
        self.assertEqual(self.keys(), {"cn001": "by root"})
        lines = f"# of a spreadsheet\ncn002 {self.cluster['cn002'].output('snagentd', 'key')}\n"
        self.mn.write("/tmp/keys", lines)
        self.mn.snctl("keys", "add", "--from", "/tmp/keys", check=True)
        self.cluster.wait_connected("cn002")


class ByTheSitesCommand(_Case):
    """ssh, through a service node that lives, to a node that nobody else reaches: a helper has the key
    for it, which can do nothing on the node but print its key."""

    nodes = (1, 7)

    def make_cluster(self) -> Cluster:
        cluster = super().make_cluster()
        command = SiteCommand()
        for host in (*cluster.nodes, *cluster.service_nodes):
            command.serve_on(host.tree)
        for node in cluster.nodes:
            command.allow_on_node(node.tree.path, "/usr/local/bin/snagentd")
        for sn in cluster.service_nodes:
            command.allow_through(sn.tree, {node.name: node.entry.address
                                            for node in cluster.nodes})
        command.give_to(cluster.mn.tree, {})
        return cluster

    def setUp(self) -> None:
        super().setUp()
        self.mn.write("/etc/hosts", self.mn.read("/etc/hosts") + "".join(
            f"{sn.address(MANAGEMENT)} {sn.entry.name}\n" for sn in (self.sn1, self.sn2)))
        SiteCommand.start_servers((*self.cluster.nodes, self.sn1, self.sn2))
        SiteCommand.start_helper(self.mn)
        self.configure('enrolment = ["address", "command", "manual"]')

    def test_a_node_behind_a_forwarder_says_its_key_itself(self) -> None:
        self.cluster.cut(self.sn1)

        def lives() -> dict[str, str]:
            return {sn["name"]: sn["life"] for sn in self.mn.status()["service_nodes"]}
        wait.until("who lives is known", lambda: lives() == {"SN1P": "silent", "SN2P": "serves"},
                   state=lives)
        for node in self.cluster.nodes:
            node.agent.start()
        self.cluster.wait_connected("cn001", "cn007")
        self.assertEqual(self.keys(), {"cn001": f"address {self.cluster['cn001'].entry.address}",
                                       "cn007": "command"})

    def test_where_it_can_not_be_asked_a_person_sees_why(self) -> None:
        node = self.cluster["cn007"]
        for pid in node.pids("sshd"):
            os.kill(pid, 9)
        node.agent.start()
        wait.until("it waits", lambda: "cn007" in self.pending(), state=self.mn.coordinator.text)
        why = case.words(self.pending()["cn007"]["why"])
        self.assertIn("the site's command printed no key of it", why)
        self.mn.snctl("keys", "accept", "cn007", check=True)
        self.cluster.wait_connected("cn007")


if __name__ == "__main__":
    packages.fetch(PACKAGE)
    case.main()
