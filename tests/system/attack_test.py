#!/usr/bin/python3 -B
"""One node's root, who has its key, is up to no good: nobody else is to notice."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from cluster import case, wait
from cluster.inventory import COORDINATOR_PORT, MN_ON_A
from cluster.management_node import Reply
from cluster.node import Node

_BY_HAND = Path(__file__).parent / "cluster"
_STRANGERS = 1_000
_LONG_S = 300          # until it is ended
_QUESTIONS = 30
_MOST_OF_A_KEY = 64    # descriptors
# What holds under any flood of one key.
_MOST_MEMORY_KIB = 64 * 1024
_MOST_LOG_BYTES = 1024 * 1024


class OneNodesRoot(case.SystemCase):
    nodes = (1, 2, 3)

    def setUp(self) -> None:
        super().setUp()
        self.evil = self.cluster["cn001"]
        self.evil.agent.stop()
        self.begin_to_watch_memory()
        self.log_before = len(self.mn.coordinator.text())

    def begin(self, node: Node, script: str, seconds: float) -> "subprocess.Popen[str]":
        node.write("/tmp/agent_by_hand.py", (_BY_HAND / "agent_by_hand.py").read_text())
        return node.start("/usr/bin/python3", "/tmp/agent_by_hand.py",
                          f"tcp://{MN_ON_A}:{COORDINATOR_PORT}", self.mn.curve_key(),
                          "/run/snagent/node.key", node.name, script, str(seconds))

    def begin_by_hand(self, script: str, what: str) -> "subprocess.Popen[str]":
        self.evil.write("/tmp/stranger.py", (_BY_HAND / "stranger_by_hand.py").read_text())
        return self.evil.start("/usr/bin/python3", "/tmp/stranger.py",
                               f"{MN_ON_A}:{COORDINATOR_PORT}", self.mn.curve_key(),
                               script, what, str(_LONG_S))

    @staticmethod
    def end(process: "subprocess.Popen[str]") -> Any:
        out, error = process.communicate(timeout=60)
        assert process.returncode == 0, error
        return json.loads(out)

    def stop(self, process: "subprocess.Popen[str]") -> None:
        for pid in self.evil.pids("python3"):
            os.kill(pid, signal.SIGKILL)
        process.communicate(timeout=60)

    def kib_of(self, name: str) -> int:
        [pid] = self.mn.pids("sncoordd")
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(name + ":"))

    def begin_to_watch_memory(self) -> None:
        [pid] = self.mn.pids("sncoordd")
        Path(f"/proc/{pid}/clear_refs").write_text("5")  # proc(5): the peak is what it is now
        self.before_kib = self.kib_of("VmRSS")

    def assert_memory_stays(self) -> None:
        """At no time since was it more."""
        self.assertLess(self.kib_of("VmHWM") - self.before_kib, _MOST_MEMORY_KIB)

    def descriptors(self) -> int:
        [pid] = self.mn.pids("sncoordd")
        return len(list(Path(f"/proc/{pid}/fd").iterdir()))

    def ask_for_the_others(self) -> None:
        for _ in range(_QUESTIONS):
            rows = {row["node"]: row for row in self.mn.snctl("status", "--json", deadline_s=10)
                    .json["nodes"]}
            self.assertTrue(rows["cn002"]["connected"] and rows["cn003"]["connected"])

    def take_over_the_others(self) -> Reply:
        self.cluster.cut(self.sn1)
        return self.takeover("SN1P", "--nodes", "cn002,cn003")

    def test_a_flood_reaches_nobody(self) -> None:
        begin = time.monotonic()
        log = len(self.mn.coordinator.text())
        process = self.begin(self.evil, "flood", _LONG_S)
        wait.until("it is noticed", lambda: "SN0207 - cn001 " in self.mn.coordinator.text())
        self.ask_for_the_others()
        self.stop(process)
        self.assert_memory_stays()
        said = self.mn.coordinator.text()[log:]
        self.assertLess(len(said), _MOST_LOG_BYTES)
        minutes = 1 + (time.monotonic() - begin) / 60
        self.assertLessEqual(said.count("SN0207 - cn001 "), minutes, said[-2000:])
        reply = self.take_over_the_others()
        self.assert_exit(reply, case.VERIFIED)

    def test_a_takeover_during_a_flood(self) -> None:
        process = self.begin(self.evil, "flood", _LONG_S)
        wait.until("it is noticed", lambda: "SN0207 - cn001 " in self.mn.coordinator.text())
        reply = self.take_over_the_others()
        self.assert_exit(reply, case.VERIFIED)
        self.stop(process)

    def test_a_generation_that_was_never_given_out_is_its_own(self) -> None:
        heard = self.end(self.begin(self.evil, "jump", 2))
        self.assertIn("welcome", heard["heard"])
        self.assertIn("SN0206 - cn001 ", self.mn.coordinator.text())
        self.assertEqual(self.verdict_of("cn001"), "held")
        reply = self.take_over_the_others()
        self.assert_exit(reply, case.VERIFIED)
        # Also after a restart, by whatever the store has of it.
        self.mn.coordinator.stop()
        self.mn.start_coordinator()
        self.cluster.wait_connected("cn002", "cn003")
        self.assertEqual(self.verdict_of("cn002"), "verified")

    def nobody_else_notices(self, noticed: str) -> None:
        log = self.log_before
        wait.until("it is noticed", lambda: noticed in self.mn.coordinator.text()[log:])
        self.ask_for_the_others()
        self.assertLess(len(self.mn.coordinator.text()) - log, _MOST_LOG_BYTES)
        self.assert_exit(self.take_over_the_others(), case.VERIFIED)
        self.assert_memory_stays()

    def test_a_message_without_an_end(self) -> None:
        process = self.begin_by_hand("endless", "/run/snagent/node.key")
        self.nobody_else_notices("brought a message that does not end")
        self.stop(process)

    def test_a_key_that_connects_without_end(self) -> None:
        process = self.begin_by_hand("twins", "/run/snagent/node.key")
        before = self.descriptors()
        self.nobody_else_notices("SN0207 - cn001 connects more often")
        self.stop(process)
        self.assertLess(self.descriptors() - before, _MOST_OF_A_KEY)

    def test_silent_strangers(self) -> None:
        process = self.begin_by_hand("silent", str(_STRANGERS))
        self.nobody_else_notices("SN0916 - ")
        self.stop(process)

    def test_strangers_that_stop_in_a_handshake(self) -> None:
        for step in ("greeting", "hello"):
            with self.subTest(step):
                log = len(self.mn.coordinator.text())
                process = self.begin_by_hand(step, "50")
                wait.until("they are ended",
                           lambda: "to be known by a key" in self.mn.coordinator.text()[log:])
                self.stop(process)
        process = self.begin_by_hand("hello", str(_STRANGERS))
        self.nobody_else_notices("were one too many")
        self.stop(process)

    def test_strangers_that_seem_to_wait_for_us(self) -> None:
        process = self.begin_by_hand("initiate", str(_STRANGERS))
        self.nobody_else_notices("")  # libzmq ends them, after 30 s
        self.stop(process)


if __name__ == "__main__":
    case.main()
