#!/usr/bin/python3 -B
"""Nothing, or what only staging finds: a takeover is rehearsed, and leaves nothing behind."""

import signal
import subprocess
from typing import Any

from cluster import case, records, wait
from cluster.facts import words
from cluster.node import Node


class Rehearse(case.OneNodeByHand):
    def rehearse(self) -> Any:
        return self.hand.rehearse("cn001", "SN1P", "SN2P")

    def assert_nothing_left(self, node: Node) -> None:
        self.assert_untouched(node)
        self.assertEqual(node.journal(), [])
        self.assertFalse(node.path("/run/snagent/generation").exists(), "the fence is not raised")
        self.assertEqual(list(node.path("/run/snagent").glob("undo.*")), [])

    def test_everything_can_be_prepared(self) -> None:
        def settled(plan: Any) -> Any:
            # Sockets come and go.
            return {**plan, "findings": [finding for finding in plan["findings"]
                                         if finding["what"] != "unclaimed"]}
        plain = self.hand.preflight("cn001", "SN1P", "SN2P")
        plan = self.rehearse()
        self.assertEqual(settled(plan), settled(plain))
        self.assertEqual(plan["outlook"], "whole")
        self.assert_nothing_left(self.node)

    def test_a_file_that_has_no_room_beside_it_is_found(self) -> None:
        # Its directory is on a file system of its own, which is full.
        text = self.node.read("/etc/chrony/chrony.conf")
        self.node.run("mount", "-t", "tmpfs", "-o", "nr_inodes=2", "full", "/etc/chrony")
        self.node.path("/etc/chrony/chrony.conf").write_text(text)
        self.before["cn001"] = case.Before(self.node)
        self.assertEqual(self.hand.preflight("cn001", "SN1P", "SN2P")["outlook"], "partly")
        plan = self.rehearse()
        self.assertEqual(plan["outlook"], "partly", plan)
        found = [each for each in plan["findings"] if each["what"] == "left"]
        self.assertEqual([each["place"] for each in found], ["/etc/chrony/chrony.conf"])
        self.assertIn("no inodes are left", words(found[0]["reason"]))
        self.assert_nothing_left(self.node)

    def test_killed_in_the_middle_it_leaves_nothing(self) -> None:
        # The second temporary is there and not yet written.
        strace = subprocess.Popen(
            ["strace", "-f", "-p", str(self.node.executor), "-e", "trace=fchmod", "-e",
             "inject=fchmod:signal=SIGKILL:when=2"], stderr=subprocess.PIPE, text=True)
        self.addCleanup(strace.communicate)
        self.addCleanup(strace.kill)
        assert strace.stderr is not None
        self.assertIn("attached", strace.stderr.readline())
        plan = self.rehearse()
        self.assertEqual(plan["outlook"], "blocked")
        self.assertIn("ended in the middle", words(plan["findings"][0]["reason"]))
        strace.send_signal(signal.SIGINT)
        self.assertIn("SIGKILL", strace.communicate(timeout=30)[1])
        wait.until("what it prepared is gone",
                   lambda: not list(self.node.path("/etc").rglob(".*.snagent")) and
                   not self.node.journal(), state=self.node.journal)
        self.assert_nothing_left(self.node)
        self.assertEqual(self.rehearse()["outlook"], "whole")

    def test_an_agent_that_dies_in_it_leaves_nothing(self) -> None:
        self.node.agent.stop()
        boot_id = self.node.read("/proc/sys/kernel/random/boot_id").strip()
        self.node.path("/run/snagent/journal").write_bytes(records.to_bytes(
            records.JOURNAL, {"t": "rehearse", "boot_id": boot_id},
            {"t": "staged", "path": "/etc/resolv.conf", "source": ""}))
        self.node.path("/etc/.resolv.conf.snagent").write_text("nameser")
        self.hand.mark()
        self.node.agent.start()
        self.hand.hear("cn001", "hello")
        wait.until("what it prepared is gone", lambda: not self.node.journal())
        self.assert_nothing_left(self.node)
        self.assertEqual(self.rehearse()["outlook"], "whole")

    def test_what_was_rehearsed_is_what_is_done(self) -> None:
        plan = self.rehearse()
        outcome = self.hand.rebind("cn001", 17, "SN1P", "SN2P")
        self.assertEqual(outcome["verdict"], "verified")
        self.assertEqual(outcome["plan_hash"], plan["hash"])

    def test_gives_way_to_a_takeover(self) -> None:
        held = self.node.hold_start_of("rsyslog")
        self.hand.order("cn001", 17, "SN1P", "SN2P")
        held.wait()
        plan = self.rehearse()
        self.assertEqual(plan["outlook"], "blocked")
        self.assertEqual(words(plan["findings"][0]["reason"]), "a rebind is at work")
        held.let_go()
        outcome = self.hand.hear("cn001", "outcome")["outcome"]
        self.assertEqual(outcome["verdict"], "verified")

    def test_stages_nothing_where_changes_are_not_turned_on(self) -> None:
        self.node.agent.stop()
        self.node.replace_in("/etc/snagent/agent.toml", 'mode = "act"', 'mode = "observe"')
        self.before["cn001"] = case.Before(self.node)
        self.hand.mark()
        self.node.agent.start()
        self.hand.hear("cn001", "hello")
        plan = self.rehearse()
        self.assertEqual(plan["outlook"], "whole")
        self.assertIn("observe mode: nothing was staged",
                      [words(finding["reason"]) for finding in plan["findings"]])
        self.assert_nothing_left(self.node)


if __name__ == "__main__":
    case.main()
