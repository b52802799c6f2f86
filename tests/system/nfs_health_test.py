#!/usr/bin/python3 -B
"""An NFS server that nodes depend on goes silent, in each way in which servers do."""

import json
import os
import signal
from typing import Any

from cluster import case, wait
from cluster.inventory import NODE_A

# Left to themselves nodes ask every 30 s, at any phase.  Once one of them doubts, all ask at once;
# this is far above what that takes.
TOGETHER_MS = 10_000


class Silent(case.SystemCase):
    nodes = (1, 2, 3)

    def setUp(self) -> None:
        super().setUp()
        self.address = self.sn1.address(NODE_A)
        self.server = self.sn1.nfs
        self.sn1.start_nfs()
        self.addCleanup(self.server.kill)
        for node in self.cluster.nodes:
            node.ask_nfs_servers(self.address)
        self.wait_all("answering", "answered in")

    def seen(self) -> dict[str, dict[str, Any]]:
        """How each node sees the server."""
        return {name: next((server for server in row["servers"]
                            if server["address"] == self.address), {})
                for name, row in self.mn.rows().items()}

    def wait_all(self, state: str, evidence: str) -> None:
        wait.until(f"every node says that the server is {state}", lambda: all(
            server.get("state") == state and evidence in server["evidence"]
            for server in self.seen().values()), state=lambda: json.dumps(self.seen()))

    def wait_all_silent(self, evidence: str) -> None:
        self.wait_all("silent", evidence)
        since = [server["since_ms"] for server in self.seen().values()]
        self.assertLess(max(since) - min(since), TOGETHER_MS, "one's doubt is everybody's")

    def events(self, number: str) -> int:
        return self.mn.coordinator.text().count(number)

    def test_is_seen_by_every_node_together_and_again_when_it_answers(self) -> None:
        mute = self.sn1.path("/run/nfs-null.mute")
        with self.subTest("a server that takes calls and does not answer"):
            mute.touch()
            self.wait_all_silent("connected, no answer for 1500 ms")
            self.assertEqual(self.events("SN0430"), 3, "an event a node")
            self.assertGreater(self.events("SN0433"), 0, "nodes were told to look")
            text = self.mn.snctl("status").text
            self.assertRegex(text, rf"SN1P {self.address} +3 +- +- +3 ", "it answers nobody")
            self.assertIn(f"NFS server SN1P {self.address} is SILENT, nothing is mounted", text)
            self.assertIn(f"NFS SN1P {self.address} SILENT since",
                          self.mn.snctl("status", "cn002").text)
        with self.subTest("the coordinator is started again"):
            self.mn.coordinator.kill()
            self.mn.start_coordinator()
            self.cluster.wait_connected("cn001", "cn002", "cn003")
            self.wait_all("silent", "connected, no answer")
        with self.subTest("it answers again"):
            mute.unlink()
            self.wait_all("answering", "answered in")
            self.assertEqual(self.events("SN0432"), 3)
            self.assertIn("none is silent or slow", self.mn.snctl("status").text)
        with self.subTest("the machine is cut off"):
            self.cluster.cut(self.sn1)
            # A call that was on its way just then ends without an answer.
            self.wait_all_silent("for 1500 ms")
            self.cluster.join(self.sn1)
            self.wait_all("answering", "answered in")
        with self.subTest("the program ends"):
            self.server.kill()
            self.wait_all_silent("connection refused")
            self.sn1.start_nfs()
            self.wait_all("answering", "answered in")
        with self.subTest("nothing was done about it"):
            for row in self.mn.rows().values():
                self.assertEqual(row["row"], "observed")
            self.assertEqual(self.mn.state_of("SN1P"), "up")

    def test_is_asked_by_a_session_that_was_started_again(self) -> None:
        node = self.cluster["cn002"]
        before = node.session
        os.kill(before, signal.SIGKILL)
        wait.until("there is another session", lambda: node.session not in (0, before))
        calls = self.server.text().count(node.entry.address)
        wait.until("the new session asks too",
                   lambda: self.server.text().count(node.entry.address) > calls)
        self.wait_all("answering", "answered in")


if __name__ == "__main__":
    case.main()
