#!/usr/bin/python3 -B
"""A node can no longer be right: it says so, refuses, and is cleared when it was mended."""

import os
import signal
from typing import Any

from cluster import case, records, wait
from cluster.facts import words
from cluster.host import children


class Quarantine(case.OneNodeByHand):
    def restart(self) -> Any:
        """The first hello of the agent that is started again."""
        self.node.agent.stop()
        self.hand.mark()
        self.node.agent.start()
        return self.hand.hear("cn001", "hello")

    def assert_in_quarantine(self, word: str) -> None:
        refused = self.hand.rebind("cn001", 17, "SN1P", "SN2P")
        self.assertEqual(refused["t"], "refused", refused)
        self.assertIn(word, words(refused["reason"]))
        self.assertTrue(words(refused["cure"]).endswith("snctl clear cn001"), refused)
        plan = self.hand.preflight("cn001", "SN1P", "SN2P")
        self.assertEqual(plan["outlook"], "blocked")
        self.assertGreater(plan["references"], 0, "it goes on answering")
        self.assertIn(word, words(plan["findings"][0]["reason"]))
        self.assert_untouched(self.node)

    def test_a_journal_that_cannot_be_read(self) -> None:
        journal = self.node.path("/run/snagent/journal")
        journal.write_text("nonsense\n")
        hello = self.restart()
        self.assertIn("journal:1", words(hello["quarantine"][0]["reason"]))
        self.assert_in_quarantine("journal:1")
        # Nothing was mended yet.
        self.assertIn("journal:1", words(self.hand.clear("cn001")["reason"]))
        self.assert_in_quarantine("journal:1")
        # The cure; a restart of the agent does not forget.
        journal.unlink()
        self.assertIn("journal:1", words(self.restart()["quarantine"][0]["reason"]))
        self.assert_in_quarantine("journal:1")
        self.assertEqual(words(self.hand.clear("cn001")["reason"]), "")
        self.assertEqual(words(self.hand.clear("cn001")["reason"]), "", "nothing to clear")
        self.assertEqual(self.restart()["quarantine"], [])
        outcome = self.hand.rebind("cn001", 17, "SN1P", "SN2P")
        self.assertEqual(outcome["verdict"], "verified", outcome)
        self.assert_bound(self.node, self.sn2)

    def test_a_change_that_kills_whoever_finishes_it(self) -> None:
        node = self.node
        held = node.hold_start_of("rsyslog")
        self.hand.order("cn001", 17, "SN1P", "SN2P")
        for _ in range(3):
            held.wait()
            self.assertTrue(node.in_the_middle())
            [child] = [pid for pid in children(node.executor) if pid != node.session]
            # Stopped first: it must neither see the others end nor end them.
            os.kill(child, signal.SIGSTOP)
            started = node.pids("svc")
            node.kill("svc")
            os.kill(child, signal.SIGKILL)
            wait.until("what it had started is gone", lambda: not started & node.pids("svc"))
        said = self.hand.hear("cn001", "quarantine")
        self.assertIn("killed 3 times", words(said["reason"]))
        outcome = self.hand.hear("cn001", "outcome")["outcome"]
        self.assertEqual(outcome["verdict"], "partly")
        self.assertIn("killed 3 times", words(self.restart()["quarantine"][0]["reason"]))
        refused = self.hand.rebind("cn001", 18, "SN1P", "SN2P")
        self.assertIn("killed 3 times", words(refused["reason"]))
        # What killed it is gone: the clear lets it be finished.
        held.let_go()
        self.assertEqual(words(self.hand.clear("cn001")["reason"]), "")
        outcome = self.hand.hear("cn001", "outcome")["outcome"]
        self.assertEqual((outcome["takeover"], outcome["verdict"]), ("T17", "verified"), outcome)
        self.assertFalse(node.in_the_middle())
        self.assert_bound(node, self.sn2)

    def test_a_journal_of_an_older_agent(self) -> None:
        """An upgrade in the middle of a rebind."""
        self.node.agent.stop()
        journal = self.node.path("/run/snagent/journal")
        journal.write_text(f"begin 1 {self.node.boot_id} 8aa17 intent 1 replace /etc/hosts\n")
        self.hand.mark()
        self.node.agent.start()
        said = self.hand.hear("cn001", "hello")["quarantine"][0]
        self.assertIn("an older snagentd wrote it", words(said["reason"]))
        self.assertIn("let the snagentd that wrote it finish, or look at", words(said["cure"]))
        self.assert_in_quarantine("an older snagentd wrote it")
        journal.unlink()
        self.assertEqual(words(self.hand.clear("cn001")["reason"]), "")

    def test_a_quarantine_that_another_agent_kept(self) -> None:
        """It has places that this one can't read: it is neither forgotten nor overwritten."""
        self.node.agent.stop()
        kept = self.node.path("/run/snagent/quarantine")
        kept.write_text("snagent quarantine 1\nplaces: /apps\n")
        before = kept.read_bytes()
        said = self.restart()["quarantine"][0]
        self.assertIn("it was in quarantine, and why can't be read", words(said["reason"]))
        self.assert_in_quarantine("can't be read")
        self.assertIn("can't be read", words(self.hand.clear("cn001")["reason"]))
        self.assertEqual(kept.read_bytes(), before)
        self.assertIn("then remove /run/snagent/quarantine", words(said["cure"]))
        kept.unlink()
        self.assertEqual(words(self.hand.clear("cn001")["reason"]), "")
        self.assertEqual(self.restart()["quarantine"], [])

    def test_a_place_that_an_interrupted_swap_left_bare(self) -> None:
        node = self.node
        node.path("/apps").mkdir()
        node.agent.stop()
        # What an agent leaves that dies between detach and attach.
        rebind = {"takeover": "T17", "generation": 17, "node": "cn001", "from": ["SN1P"],
                  "to": "SN2P"}
        swap = {"superblock": "0:999", "type": "nfs", "source_before": "sn1-eth1:/apps",
                "source": "sn2-eth1:/apps", "address_before": "10.1.1.100",
                "address": "10.1.1.101", "options": "vers=3", "read_only": True,
                "places": [{"place": "/apps", "subpath": "", "attributes": "ro,relatime"}]}
        node.path("/run/snagent/journal").write_bytes(records.to_bytes(
            records.JOURNAL, {"t": "begin", "boot_id": node.boot_id, "rebind": rebind},
            {"t": "swap", "swap": swap}, {"t": "intent", "step": 1, "what": {"code": "swapping_mount", "place": "/apps"}}))
        self.hand.mark()
        node.agent.start()
        said = self.hand.hear("cn001", "quarantine")
        self.assertEqual(words(said["reason"]), "nothing is mounted on /apps since an interrupted swap")
        self.assertIn("mount sn2-eth1:/apps (or sn1-eth1:/apps) on /apps", words(said["cure"]))
        outcome = self.hand.hear("cn001", "outcome")["outcome"]
        self.assertEqual((outcome["verdict"], outcome["left"]), ("partly", 0), outcome)
        # A restart forgets neither the reason nor the place.
        self.assertEqual(words(self.restart()["quarantine"][0]["reason"]), words(said["reason"]))
        self.assertEqual(words(self.hand.clear("cn001")["reason"]), words(said["reason"]))
        node.run("mount", "-t", "tmpfs", "scratch", "/apps")
        self.assertIn("scratch is mounted on /apps", words(self.hand.clear("cn001")["reason"]))
        node.run("umount", "/apps")
        node.run("mount", "-t", "tmpfs", "sn2-eth1:/apps", "/apps")
        self.assertEqual(words(self.hand.clear("cn001")["reason"]), "")
        self.assertEqual(self.hand.rebind("cn001", 18, "SN1P", "SN2P")["verdict"], "verified")
        self.assert_bound(node, self.sn2)


if __name__ == "__main__":
    case.main()
