"""A person at a terminal: reads what stands on the screen, and types."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from typing import Callable

from . import wait

Start = Callable[..., "subprocess.Popen[str]"]


class Terminal:
    """Runs one command on a terminal of its own.  Usable as a context manager."""

    def __init__(self, start: Start, *command: str, columns: int = 80) -> None:
        self._screen, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.process = start(*command, stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(theirs)
        self.text = ""

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._screen)

    def read_until(self, pattern: str, deadline_s: float = wait.DEADLINE_S) -> str:
        """Everything up to what matches; later reads begin behind it."""
        end = time.monotonic() + deadline_s
        while True:
            found = re.search(pattern, self.text)
            if found:
                before, self.text = self.text[:found.end()], self.text[found.end():]
                return before
            if time.monotonic() > end or not self._read(end - time.monotonic()):
                raise wait.Never(f"not on the screen: {pattern!r}; instead: {self.text!r}")

    def type(self, line: str) -> None:
        os.write(self._screen, f"{line}\n".encode())

    def press(self, keys: str) -> None:
        os.write(self._screen, keys.encode())

    def finish(self, deadline_s: float = wait.DEADLINE_S) -> tuple[int, str]:
        """The exit code, and the rest of the screen."""
        end = time.monotonic() + deadline_s
        while self._read(max(end - time.monotonic(), 0)):
            pass
        return self.process.wait(deadline_s), self.text

    def _read(self, at_most_s: float) -> bool:
        """False: nothing more comes."""
        if not select.select([self._screen], [], [], at_most_s)[0]:
            return False
        try:
            piece = os.read(self._screen, 65536)
        except OSError:     # EIO: the last process that had it open is gone
            return False
        self.text += piece.decode(errors="replace").replace("\r\n", "\n")
        return bool(piece)
