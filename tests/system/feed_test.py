#!/usr/bin/python3 -B
"""The ten lines of Python that the README promises read the status feed."""

import ast
import contextlib
import re
import tempfile
from pathlib import Path

import zmq

from cluster import case, wait
from cluster.cluster import REPOSITORY, Cluster
from cluster.inventory import MN_ON_A
from cluster.management_node import CONFIG, FEED

MARKER = "<!-- feed-subscriber -->"
TCP_MARKER = "<!-- feed-over-tcp -->"
_PORT = 7402


def program(marker: str = MARKER) -> str:
    """The program between the markers of README.md."""
    parts = (REPOSITORY / "README.md").read_text().split(marker)
    assert len(parts) == 3, f"README.md has two lines {marker}"
    block = re.fullmatch(r"\s*```python\n(.*?)```\s*", parts[1], re.DOTALL)
    assert block, "between them is one block of Python"
    return block.group(1)


class Feed(case.SystemCase):
    nodes = (1, 2)

    def test_the_program_of_the_readme_sees_every_event(self) -> None:
        text = program()
        ast.parse(text)
        lines = [line for line in text.splitlines() if line.strip()]
        self.assertLessEqual(len(lines), 10, "ten lines were promised")
        self.mn.write("/tmp/subscriber.py", text)
        # Read through descriptors of our own: the program's have their offset for writing.
        with tempfile.NamedTemporaryFile("a") as out, tempfile.NamedTemporaryFile("a") as error:
            def said() -> str:
                return Path(out.name).read_text()
            subscriber = self.mn.start("/usr/bin/python3", "-u", "/tmp/subscriber.py",
                                       stdout=out.fileno(), stderr=error.fileno())
            try:
                # PUB/SUB says nothing when a subscriber joins: make events until one is seen.
                def an_event() -> str:
                    self.mn.snctl("freeze", check=True)
                    self.mn.snctl("thaw", check=True)
                    self.assertIsNone(subscriber.poll(), Path(error.name).read_text())
                    return said()
                wait.until("the subscriber prints an event", an_event)
                self.cluster.cut(self.sn1)
                self.assert_exit(self.takeover("SN1P"), case.VERIFIED)
                last = self.mn.status()["feed"]["serial"]
                wait.until("the subscriber has seen the last event",
                           lambda: str(last) in said(), state=said)
            finally:
                self.mn.kill("python3")
                subscriber.wait()
            seen = said()
        events = [ast.literal_eval(line) for line in seen.splitlines() if line.startswith("{")]
        serials = [event["serial"] for event in events]
        self.assertEqual(serials, list(range(serials[0], serials[0] + len(serials))),
                         "serials are consecutive")
        self.assertEqual({event["epoch"] for event in events}, {self.mn.status()["feed"]["epoch"]})
        verified = {event.get("node") for event in events if event["what"] == "node_verified"}
        self.assertEqual(verified, {"cn001", "cn002"})


class OverTcp(case.SystemCase):
    """From a node, which has nothing of the coordinator's but its public key."""

    nodes = (1,)

    def make_cluster(self) -> Cluster:
        cluster = super().make_cluster()
        config = cluster.mn.tree.path / CONFIG.lstrip("/")
        config.write_text(config.read_text().replace(FEED, f"tcp://{MN_ON_A}:{_PORT}"))
        return cluster

    def setUp(self) -> None:
        super().setUp()
        self.pairs = {name: tuple(key.decode() for key in zmq.curve_keypair())
                      for name in ("wall", "late", "stranger")}
        # One in 85 is so.
        while not self.pairs["late"][0].startswith("-"):
            self.pairs["late"] = tuple(key.decode() for key in zmq.curve_keypair())

    def name(self, name: str) -> None:
        self.mn.snctl("keys", "add", "--feed", name, self.pairs[name][0], check=True)

    def subscriber_of(self, name: str) -> str:
        """The README's program, with the line for TCP in the place of the other."""
        text = program()
        local = next(line for line in text.splitlines() if "ipc://" in line)
        text = text.replace(local, program(TCP_MARKER).rstrip("\n"))
        for word, value in (("10.1.0.1", MN_ON_A), ("PUBLIC", self.pairs[name][0]),
                            ("SECRET", self.pairs[name][1]), ("COORDINATOR", self.mn.curve_key())):
            self.assertIn(word, text)
            text = text.replace(word, value)
        return text

    def hearing(self, witness: str, *others: str, revoked: str = "") -> set[str]:
        """Which of the others hear something while the witness hears three times more.  `revoked`:
        one of them, which heard something before, and is revoked then."""
        node = self.cluster["cn001"]
        with contextlib.ExitStack() as stack:
            said = {}
            for name in (*others, witness):
                node.write(f"/tmp/{name}.py", self.subscriber_of(name))
                out = said[name] = Path(stack.enter_context(tempfile.NamedTemporaryFile("a")).name)
                with open(out, "a", encoding="utf-8") as file:
                    process = node.start("/usr/bin/python3", "-u", f"/tmp/{name}.py",
                                         stdout=file.fileno(), stderr=file.fileno())
                stack.callback(process.wait)
            stack.callback(node.kill, "python3")

            def heard(name: str) -> int:
                text = said[name].read_text()
                self.assertNotIn("Traceback", text)
                return text.count("frozen")

            def hears(name: str, more: int) -> None:
                begin = heard(name)

                def enough() -> bool:
                    self.mn.snctl("freeze", check=True)
                    self.mn.snctl("thaw", check=True)
                    return heard(name) >= begin + more
                wait.until(f"{name} hears {more} events", enough, state=said[name].read_text)
            hears(witness, 1)
            if revoked:
                hears(revoked, 1)
                self.mn.snctl("keys", "revoke", "--feed", revoked, check=True)
                hears(witness, 1)
            before = {name: heard(name) for name in others}
            hears(witness, 3)
            return {name for name in others if heard(name) > before[name]}

    def test_only_whom_a_person_named_and_till_he_is_revoked(self) -> None:
        self.name("wall")
        self.assertIn("SUBSCRIBER", self.mn.snctl("keys", "list").text)
        self.assertEqual(self.hearing("wall", "stranger", "late"), set())
        self.mn.coordinator.stop()
        self.mn.start_coordinator()
        self.name("late")
        self.assertEqual(self.hearing("late", "stranger"), set())
        self.assertEqual(self.hearing("late", "wall", revoked="wall"), set())
        self.assertEqual(self.hearing("late", "wall"), set())


class Watch(case.SystemCase):
    nodes = (1, 2)

    def seen(self, *options: str) -> str:
        """What it shows of a takeover that is made while it watches."""
        watching = self.mn.begin("watch", *options)
        self.mn.snctl("freeze", check=True)
        self.mn.snctl("thaw", check=True)
        self.assertEqual(len(self.verdicts(self.takeover("SN1P", "--planned"))), 2)
        self.mn.kill("snctl")
        reply = self.mn.finish(watching)
        self.assert_exit(self.mn.snctl("failback", "SN1P", "--yes", "--json"), case.VERIFIED)
        return reply.text + reply.error

    def test_shows_what_is_asked_for(self) -> None:
        everything = self.seen()
        self.assertRegex(everything, r"SN0320 T1 cn001 SN2P node verified")
        self.assertRegex(everything, r"node verified: on SN2P, \d+ changes")
        self.assertNotIn("SN0312", everything, "each changed line is in the node's own log")
        one = self.seen("--nodes", "cn002")
        self.assertIn("SN0320 T3 cn002", one)
        self.assertNotIn("cn001", one)
        self.assertNotIn("SN0401", one)
        of_takeover = self.seen("--takeover", "T5")
        self.assertIn("SN0302 T5", of_takeover)
        self.assertNotIn("SN0401", of_takeover)
        self.assertIn("there is no T5 yet", of_takeover)
        unknown = self.mn.snctl("watch", "--nodes", "cn077")
        self.assertEqual(unknown.exit, case.REFUSED)
        self.assertIn("no node 'cn077'", unknown.error)
        both = self.mn.snctl("watch", "T1", "--nodes", "cn001")
        self.assert_exit(both, case.USAGE)


if __name__ == "__main__":
    case.main()
