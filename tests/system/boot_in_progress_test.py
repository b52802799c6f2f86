#!/usr/bin/python3 -B
"""xCAT's boot postscripts or an updatenode run on a node while it is to be moved.

The script is in the middle of its work for as long as the test wants: it reads a FIFO.
"""

import json
import os
import re
import subprocess
from typing import Any

from cluster import case, wait
from cluster.facts import words
from cluster.host import children, state
from cluster.node import Node

SCRIPT = "/run/xcatdsklspost"
FIFO = "/run/hold-xcatdsklspost"
# What it writes names the old service node: that is what it was told when it began.
WRITTEN = """\
# written by xcatdsklspost
search d.example
nameserver {address}
options timeout:1 attempts:3
"""
WAITING = r"waiting for xcatdsklspost \(pid \d+\)"
DEADLINE = "boot_scripts_deadline_ms = 1500\n"
PATIENCE = "boot_scripts_patience_ms = 1000\n"
AHEAD = (r"^waiting for xcatdsklspost \(pid \d+\), which waits for SN1P; "
         r"routes, resolver and xcatinfo have moved")


class Boot(case.SystemCase):
    nodes = (1, 2)

    def setUp(self) -> None:
        super().setUp()
        self.node = self.cluster["cn002"]

    # --- The script ----------------------------------------------------------------------------

    def start_script(self, *shell: str, before: str = "") -> "subprocess.Popen[str]":
        """Back when it is at work."""
        node = self.node
        os.mkfifo(node.path(FIFO))
        script = node.path(SCRIPT)
        script.write_text("#!/bin/bash\n" + before +
                          f"read -r _ <{FIFO}\n"
                          "cat >/etc/resolv.conf <<'END'\n" +
                          WRITTEN.format(address=self.sn1.address(node.entry.network)) + "END\n")
        script.chmod(0o755)
        process = node.start(*shell, SCRIPT, "4")
        self.addCleanup(process.communicate)
        self.addCleanup(lambda: [os.kill(pid, 9) for pid in children(process.pid)])
        wait.until("the script is at work", lambda: any(
            self.command(pid).count(SCRIPT) for pid in children(process.pid)))
        return process

    @staticmethod
    def command(pid: int) -> list[str]:
        try:
            with open(f"/proc/{pid}/cmdline", encoding="utf-8") as file:
                return file.read().split("\0")
        except (FileNotFoundError, ProcessLookupError):
            return []

    def let_go(self, process: "subprocess.Popen[str]") -> None:
        self.node.write(FIFO, "\n")     # back when the script has opened it
        self.assertEqual(process.wait(wait.DEADLINE_S), 0)

    def begin(self) -> "subprocess.Popen[str]":
        self.cluster.cut(self.sn1)
        return self.mn.begin("takeover", "SN1P", "--yes", "--json", "--timeout", "90s")

    def wait_until_it_waits(self) -> None:
        wait.until("cn002 says what it waits for", lambda:
                   str(words(self.row()["busy"])).startswith("waiting for xcatdsklspost (pid "),
                   state=lambda: json.dumps(self.row()))

    @staticmethod
    def waits_for(address: str) -> str:
        """Lines of a script that asks a server again and again."""
        return (f"( while :; do bash -c 'exec 3<>/dev/tcp/{address}/80'; sleep 0.1; done ) 2>&- &\n"
                "trap 'kill $!' EXIT\n")

    def wait_until_it_went_ahead(self) -> None:
        wait.until("what it needs has moved", lambda: re.match(
            AHEAD, str(words(self.row()["busy"]))), state=lambda: json.dumps(self.row()))

    def row(self) -> dict[str, Any]:
        return self.mn.rows()["cn002"]      # type: ignore[no-any-return]

    def assert_moved_with_what_was_written(self) -> None:
        address = self.sn2.address(self.node.entry.network)
        self.assertEqual(self.node.read("/etc/resolv.conf"), WRITTEN.format(address=address))
        self.assert_bound(self.node, self.sn2, except_for=("/etc/resolv.conf",))
        self.assert_bound(self.cluster["cn001"], self.sn2)


class BootInProgress(Boot):
    def test_the_node_waits_says_so_and_moves_what_the_script_wrote(self) -> None:
        script = self.start_script()
        takeover = self.begin()
        self.wait_until_it_waits()
        self.wait_verdict("cn001", "verified")
        self.assert_untouched(self.node)
        with self.subTest("snctl shows it"):
            self.assertRegex(self.mn.snctl("show", "T1").text, WAITING)
            self.assertRegex(self.mn.snctl("status", "cn002").text, WAITING)
            wait.until("and for how long", lambda: str(words(self.row()["busy"])).endswith(" s"),
                       state=lambda: json.dumps(self.row()))
        with self.subTest("the node answers other questions meanwhile"):
            plan = self.mn.snctl("plan", "SN1P", "--strict", "--json")
            asked = {node for group in plan.json.get("groups", []) for node in group["nodes"]}
            self.assertIn("cn002", asked, str(plan))

        self.let_go(script)
        reply = self.mn.finish(takeover)
        self.assert_exit(reply, case.VERIFIED)
        self.assertEqual(self.verdicts(reply), {"cn001": "verified", "cn002": "verified"})
        self.assert_moved_with_what_was_written()

    def test_a_script_given_to_a_shell_is_known_too(self) -> None:
        script = self.start_script("/bin/sh")
        takeover = self.begin()
        self.wait_until_it_waits()
        self.assert_untouched(self.node)
        self.let_go(script)
        self.assert_exit(self.mn.finish(takeover), case.VERIFIED)
        self.assert_moved_with_what_was_written()

    def configure(self, line: str) -> None:
        node = self.node
        node.agent.stop()
        node.write("/etc/snagent/agent.toml", line + node.read("/etc/snagent/agent.toml"))
        node.agent.start()
        self.cluster.wait_connected("cn002")
        self.before["cn002"] = case.Before(node)

    def test_a_script_that_waits_for_the_dead_one_is_no_reason_to_wait(self) -> None:
        node = self.node
        self.configure(PATIENCE)
        old, new = (sn.address(node.entry.network) for sn in (self.sn1, self.sn2))
        script = self.start_script(before=self.waits_for(old))
        takeover = self.begin()
        self.wait_until_it_went_ahead()
        self.assertIn(new, node.read("/etc/resolv.conf"))
        self.assertIn(new, node.read("/opt/xcat/xcatinfo"))
        self.assertEqual(node.route_to("10.9.0.1"), new)
        self.assertIn(old, node.read("/etc/chrony/chrony.conf"))
        self.assertRegex(self.mn.snctl("show", "T1").text, "which waits for SN1P")

        self.let_go(script)
        reply = self.mn.finish(takeover)
        self.assert_exit(reply, case.VERIFIED)
        self.assert_moved_with_what_was_written()
        told = {change["path"] for change in self.result(reply, "cn002")["changes"]}
        self.assertIn("route", told)
        self.assertIn("/etc/chrony/chrony.conf", told)
        with self.subTest("and all of it is put back exactly"):
            self.cluster.join(self.sn1)
            self.assert_exit(self.mn.snctl("sn", "clear", "SN1P", "--yes"), case.VERIFIED)
            self.assert_exit(self.mn.snctl("failback", "T1", "--yes", "--json"), case.VERIFIED)
            self.assertEqual(node.route_to("10.9.0.1"), old)

    def test_what_went_ahead_is_known_to_an_agent_that_was_started_anew(self) -> None:
        node = self.node
        self.configure(PATIENCE + "boot_scripts_deadline_ms = 10000\n")
        script = self.start_script(
            before=self.waits_for(self.sn1.address(node.entry.network)))
        takeover = self.begin()
        self.wait_until_it_went_ahead()
        killed = node.kill_pid_file("/run/snagent/executor.pid")
        wait.until("another one runs", lambda: node.executor not in (0, killed)
                   and state(node.executor) not in ("", "Z"))
        reply = self.mn.finish(takeover)
        self.assertEqual(self.verdicts(reply), {"cn001": "verified", "cn002": "partly"},
                         "it is not untouched")
        told = {change["path"] for change in self.result(reply, "cn002")["changes"]}
        self.assertLessEqual({"route", "/etc/resolv.conf"}, told)
        self.let_go(script)

    def test_a_script_that_never_ends_blocks_its_node_by_name_and_no_other(self) -> None:
        node = self.node
        self.configure(DEADLINE)
        script = self.start_script()

        reply = self.mn.finish(self.begin())
        self.assert_exit(reply, case.NOT_FINE)
        self.assertEqual(self.verdicts(reply), {"cn001": "verified", "cn002": "blocked"})
        result = self.result(reply, "cn002")
        self.assertRegex(words(result["reason"]), r"^xcatdsklspost \(pid \d+\) has been at work for more")
        self.assertRegex(words(result["cure"]), r"kill \d+\), then run the takeover again")
        self.assert_untouched(node)
        self.assert_bound(self.cluster["cn001"], self.sn2)

        with self.subTest("and moves once it has ended"):
            self.let_go(script)
            self.assert_exit(self.takeover("SN1P"), case.VERIFIED)
            self.assert_moved_with_what_was_written()

    def test_an_executor_killed_while_it_waits_waits_again(self) -> None:
        node = self.node
        script = self.start_script()
        takeover = self.begin()
        self.wait_until_it_waits()
        killed = node.kill_pid_file("/run/snagent/executor.pid")
        wait.until("another one runs", lambda: node.executor not in (0, killed)
                   and state(node.executor) not in ("", "Z"))
        self.cluster.wait_connected("cn002")
        self.wait_until_it_waits()
        self.assert_untouched(node)
        self.let_go(script)
        self.wait_verdict("cn002", "verified")
        self.mn.finish(takeover)
        self.assert_moved_with_what_was_written()


class SupersededWhileItWaits(Boot):
    service_nodes = 3

    def test_a_newer_command_takes_the_place_of_the_one_that_waits(self) -> None:
        script = self.start_script()
        self.cluster.cut(self.sn1)
        # Long enough for cn001 on a slow machine; cn002 uses all of it.
        reply = self.takeover("SN1P", "--timeout", "8s")
        self.assert_exit(reply, case.WAITING)
        self.assertEqual(self.verdicts(reply), {"cn001": "verified", "cn002": "pending"})
        self.assertRegex(words(self.result(reply, "cn002")["reason"]), "still at it: " + WAITING)

        newer = self.mn.begin("takeover", "SN1P", "--nodes", "cn002", "--to", "SN3P", "--yes",
                              "--json", "--timeout", "90s")
        wait.until("cn002 waits with the newer one",
                   lambda: "T2 waiting for xcatdsklspost" in self.node.agent.text(),
                   state=self.node.agent.text)
        self.let_go(script)
        reply = self.mn.finish(newer)
        self.assert_exit(reply, case.VERIFIED)
        sn3 = self.cluster.service_nodes[2]
        self.assert_bound(self.node, sn3, except_for=("/etc/resolv.conf",))
        self.assertNotIn("T1 verified", self.node.agent.text())


if __name__ == "__main__":
    case.main()
