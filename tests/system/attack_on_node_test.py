#!/usr/bin/python3 -B
"""What somebody who has a node's session, or is a user of the node, can do there."""

import os
import signal
import stat
from pathlib import Path

from cluster import case, wait

_SESSION_USER = 980
_SECCOMP_FILTER = 2
# A beat, the question and its deadline, and some room.
_REPLACED_S = 60.0


def _status(task: Path) -> dict[str, str]:
    return dict(line.split(":", 1) for line in (task / "status").read_text().splitlines())


class AttackOnNode(case.SystemCase):
    nodes = (1, 2)

    def test_every_thread_of_the_session_is_confined(self) -> None:
        pid = self.cluster["cn001"].session
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        self.assertGreater(len(tasks), 2, "libzmq's threads are among them")
        for task in tasks:
            status = {key: value.strip() for key, value in _status(task).items()}
            name = status["Name"]
            for key in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
                self.assertEqual(int(status[key], 16), 0, f"{name}: {key}")
            self.assertEqual(status["NoNewPrivs"], "1", name)
            self.assertEqual(int(status["Seccomp"]), _SECCOMP_FILTER, name)
            self.assertEqual(set(status["Uid"].split()), {str(_SESSION_USER)}, name)
            self.assertEqual(set(status["Gid"].split()), {str(_SESSION_USER)}, name)
            self.assertEqual(status["Groups"], "", name)

    def test_the_session_holds_no_directory_and_no_file_but_the_kernels_counters(self) -> None:
        pid = self.cluster["cn001"].session
        for fd in Path(f"/proc/{pid}/fd").iterdir():
            if int(fd.name) < 3:
                continue    # as its unit, or whoever started it, gave them
            target = os.readlink(fd)
            self.assertTrue(target.startswith(("socket:", "anon_inode:", "pipe:")) or
                            target.endswith("/mountstats"), target)
            self.assertFalse(stat.S_ISDIR(fd.stat().st_mode), target)

    def test_a_session_that_is_stopped_is_replaced(self) -> None:
        node = self.cluster["cn001"]
        before = node.session
        os.kill(before, signal.SIGSTOP)
        wait.until("another session", lambda: node.session not in (0, before),
                   deadline_s=_REPLACED_S, state=node.agent.text)
        self.assertIn("SN1022", node.agent.text())
        self.cluster.wait_connected("cn001", "cn002")
        self.cluster.cut(self.sn1)
        self.assert_exit(self.takeover("SN1P"), case.VERIFIED)

    def test_the_journal_and_all_beside_it_are_roots(self) -> None:
        node = self.cluster["cn001"]
        self.cluster.cut(self.sn1)
        self.assert_exit(self.takeover("SN1P"), case.VERIFIED)
        directory = node.path("/run/snagent")
        info = directory.stat()
        self.assertEqual((info.st_uid, stat.S_IMODE(info.st_mode)), (0, 0o755))
        for file in directory.iterdir():
            if file.is_file():
                self.assertEqual((file.stat().st_uid, stat.S_IMODE(file.stat().st_mode)),
                                 (0, 0o600), file.name)


if __name__ == "__main__":
    case.main()
