#!/usr/bin/python3 -B
"""A node without a key knocks, and is let in: by its address, by a person, or not at all."""

import json
import time
from pathlib import Path
from typing import Any

from cluster import case, wait
from cluster.inventory import ENROLMENT_PORT, MN_ON_A
from cluster.management_node import CONFIG
from cluster.node import Node

_BY_HAND = Path(__file__).parent / "cluster"
_NOBODY = 65534


class Knocks(case.SystemCase):
    nodes = (1, 2, 7)  # the last reaches the management node through forwarders only

    def setUp(self) -> None:
        super().setUp()
        for node in self.cluster.nodes:
            node.agent.stop()
            self.mn.snctl("keys", "revoke", node.name, check=True)
            node.path("/run/snagent/node.key").unlink()
        # As xCAT's makehosts writes it.
        hosts = "".join(f"{node.entry.address} {node.name} {node.name}.d.example\n"
                        for node in self.cluster.nodes)
        self.mn.write("/etc/hosts", "127.0.0.1 localhost\n" + hosts)
        self.mn.coordinator.stop()
        self.mn.start_coordinator()

    def keys(self) -> dict[str, str]:
        return {key["node"]: key["how"] for key in
                self.mn.snctl("keys", "list", "--json", check=True).json["keys"]}

    def pending(self) -> dict[str, Any]:
        return {key["node"]: key for key in
                self.mn.snctl("keys", "pending", "--json", check=True).json["keys"]}

    def knock(self, node: Node, name: str, port: int, *said: str, user: int = 0) -> Any:
        for program in ("stranger_by_hand.py", "knock_by_hand.py"):
            node.write(f"/tmp/{program}", (_BY_HAND / program).read_text())
        become = ("setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups") if user else ()
        done = node.run(*become, "/usr/bin/python3", "-B", "/tmp/knock_by_hand.py",
                        f"{MN_ON_A}:{ENROLMENT_PORT}", self.mn.coordinator_key(), name, str(port),
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

    def test_where_the_site_lets_nobody_in_by_itself(self) -> None:
        self.mn.write(CONFIG, 'enrolment = ["manual"]\n' + self.mn.read(CONFIG))
        self.mn.coordinator.stop()
        self.mn.start_coordinator()
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


if __name__ == "__main__":
    case.main()
