#!/usr/bin/python3 -B
"""The node's root may stop answering: nothing that keeps the agent alive walks a path.

Every walk from / asks an NFS root whether it still has the first name, /proc and /run included, and
waits for the answer.  strace shows the names that the executor and the session give to the kernel,
from their start-up's end through a takeover, a change of a mount, a drifted file and a session that
dies; what their children do is theirs, they have deadlines.
"""

import os
import re
import signal
import subprocess
import tempfile
from pathlib import Path

from cluster import case, files, wait
from cluster.host import start_time
from cluster.node import Node

# What strace attaches with, until it says so.
_ATTACHED = re.compile(r"Process \d+ attached")
_CALL = re.compile(r"^(?:\[pid\s+\d+\] )?(?P<call>\w+)\((?P<arguments>.*)$")


class Trace:
    """The names that one process gives to the kernel; not those of its children."""

    def __init__(self, pid: int, directory: str, name: str) -> None:
        self.name = name
        self._out = Path(directory) / name
        self._strace = subprocess.Popen(
            ["strace", "-p", str(pid), "-e", "trace=%file", "-e", "signal=none", "-s", "200",
             "-o", str(self._out)], stderr=subprocess.PIPE, text=True)
        assert self._strace.stderr is not None
        line = self._strace.stderr.readline()
        assert _ATTACHED.search(line), f"strace: {line}"

    def end(self) -> list[str]:
        self._strace.send_signal(signal.SIGINT)
        self._strace.communicate(timeout=30)
        return [line for line in self._out.read_text().splitlines() if _CALL.match(line)]


def walks(calls: list[str]) -> list[str]:
    """Those that begin at the root or at the working directory."""
    return [call for call in calls
            if re.search(r'\("/|\(AT_FDCWD|, AT_FDCWD|, "/', call)]


class SilentRoot(case.SystemCase):
    nodes = (1, 2)

    def test_nothing_that_must_live_walks_a_path(self) -> None:
        node = self.cluster["cn002"]
        with tempfile.TemporaryDirectory() as directory:
            executor = Trace(node.executor, directory, "executor")
            session = Trace(node.session, directory, "session")
            self.cluster.cut(self.sn1)
            self.assert_exit(self.takeover("SN1P"), case.VERIFIED)
            self._drift(node)
            node.run("mount", "-t", "tmpfs", "late", "/mnt")
            session_calls = session.end()
            self._session_dies(node)
            node.run("umount", "/mnt")
            wait.until("cn002 is connected again",
                       lambda: self.mn.rows()["cn002"]["connected"])
            calls = executor.end()
        for seen in ("outcome", "mountinfo", "session.pid"):
            self.assertTrue(any(seen in call for call in calls), f"{seen} in {calls}")
        self.assertEqual(walks(calls), [])
        self.assertEqual(walks(session_calls), [])

    def _drift(self, node: Node) -> None:
        new = node.path("/etc/resolv.conf.new")
        new.write_text(files.resolv_conf(node.entry, self.sn1.entry))
        os.rename(new, node.path("/etc/resolv.conf"))
        wait.until("the coordinator shows that cn002 names SN1P again",
                   lambda: bool(self.mn.rows()["cn002"]["observed"].get("SN1P")))

    def _session_dies(self, node: Node) -> None:
        was = node.session
        born = start_time(was)
        node.kill_pid_file("/run/snagent/session.pid")
        wait.until("another session", lambda: node.session not in (0, was)
                   or start_time(node.session) != born)


if __name__ == "__main__":
    case.main()
