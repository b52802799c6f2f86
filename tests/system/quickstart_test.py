#!/usr/bin/python3 -B
"""packaging/quickstart --keep: a shell on the demonstration's management node."""

import os
import signal
import subprocess
import unittest
import uuid
from pathlib import Path

from cluster import wait
from cluster.cluster import REPOSITORY
from cluster.terminal import Terminal

PROMPT = "mn# "
READY = r"removes the cluster[^#]*mn# "
UP_S = 60.0


class Keep(unittest.TestCase):
    def setUp(self) -> None:
        one = uuid.uuid4()
        self.mark = f"SN_QUICKSTART={one}"
        self.sleep = f"sleep {100_000 + one.int % 100_000_000}"     # nobody else's

    def begin(self, *command: str, stdin: int = subprocess.DEVNULL,
              stdout: int = subprocess.PIPE, stderr: int = subprocess.PIPE
              ) -> "subprocess.Popen[str]":
        name, value = self.mark.split("=")
        # A session of its own, as of a terminal that nothing else has.
        return subprocess.Popen(command, stdin=stdin, stdout=stdout, stderr=stderr, text=True,
                                env={**os.environ, name: value, "TERM": "xterm"},
                                start_new_session=True)

    def left(self) -> list[str]:
        found = []
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and self.mark in (entry / "environ").read_text("latin-1"):
                    found.append((entry / "comm").read_text().strip())
            except (FileNotFoundError, PermissionError, ProcessLookupError):
                continue
        return found

    def terminal(self) -> Terminal:
        return Terminal(self.begin, str(REPOSITORY / "packaging/quickstart"), "--keep",
                        "--no-install", "--no-build")

    def test_opens_a_shell_and_leaves_nothing(self) -> None:
        with self.terminal() as screen:
            screen.read_until(READY, UP_S)
            screen.type("snctl status; echo exit $?")
            self.assertIn("SN1P  FAILED", screen.read_until(r"exit 0"))
            screen.type(self.sleep)
            screen.read_until(self.sleep)
            wait.until("it sleeps", self._sleeps)
            screen.press("\x03")
            screen.read_until(PROMPT)
            screen.type("exit")
            code, text = screen.finish()
            self.assertEqual(code, 0, text)
            self.assertIn("nothing is left on this machine", text)
        self.assertEqual(self.left(), [])

    def test_a_program_that_holds_the_terminal_does_not_keep_it(self) -> None:
        with self.terminal() as screen:
            screen.read_until(READY, UP_S)
            screen.type(f'bash -c "exec {self.sleep}" &')
            wait.until("it sleeps", self._sleeps)
            screen.type("exit")
            code, text = screen.finish()
            self.assertEqual(code, 0, text)
        self.assertEqual(self.left(), [])

    def test_a_signal_removes_it(self) -> None:
        for number in (signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number), self.terminal() as screen:
                screen.read_until(READY, UP_S)
                self.assertGreater(len(self.left()), 5)
                os.kill(screen.process.pid, number)
                screen.finish()
                wait.until("nothing is left", lambda: not self.left(), state=self.left)

    def _sleeps(self) -> bool:
        return subprocess.run(["pgrep", "-x", "-f", self.sleep], check=False,
                              stdout=subprocess.DEVNULL).returncode == 0


if __name__ == "__main__":
    unittest.main()
