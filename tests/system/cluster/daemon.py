"""A process that is started again when it ends, as a service manager would do it."""

import os
import signal
import subprocess
import threading
from pathlib import Path

from . import wait
from .host import Host, children, state

# Only keeps a program that cannot start from burning a core.
_RESTART_DELAY_S = 0.1


class Daemon:
    """Standard output and error go to `log`, a file of the world."""

    def __init__(self, host: Host, name: str, command: list[str], log: Path) -> None:
        self.host = host
        self.name = name
        self.command = command
        self.log = log
        self.exits: list[int] = []      # as Popen.returncode, of every process so far
        self._wanted = False
        self._held = False
        self._process: subprocess.Popen[bytes] | None = None
        self._changed = threading.Condition()
        self._keeper: threading.Thread | None = None
        log.parent.mkdir(parents=True, exist_ok=True)
        log.touch()

    def start(self) -> None:
        with self._changed:
            if self._wanted:
                return
            self._wanted = True
            self._held = False
            self._process = None
            self._keeper = threading.Thread(target=self._keep, daemon=True,
                                            name=f"{self.host.name}:{self.name}")
            self._keeper.start()
            self._changed.wait_for(lambda: self._process is not None)

    def stop(self) -> None:
        """SIGTERM, and back when it has ended; it stays stopped."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL, and it stays dead until it is started."""
        self._end(signal.SIGKILL)

    def hold(self) -> None:
        """From now on it is not started again when it ends, until `release`."""
        with self._changed:
            self._held = True

    def release(self) -> None:
        with self._changed:
            self._held = False
            self._changed.notify_all()

    def pause(self) -> None:
        """SIGSTOP: it is there and does nothing, until `resume`."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Also after the whole host was stopped."""
        pid, process = self.pid, self._process
        if pid and process is not None:
            # nsenter stops itself when the program is stopped.
            for each in (pid, process.pid):
                _send(each, signal.SIGCONT)

    @property
    def pid(self) -> int:
        """The pid in the world of the program itself; 0 when it does not run."""
        process = self._process
        if process is None or process.poll() is not None:
            return 0
        # nsenter is between: the program is its only child.
        return next((child for child in children(process.pid) if state(child) != "Z"), 0)

    @property
    def running(self) -> bool:
        return self.pid != 0

    def text(self) -> str:
        return self.log.read_text(errors="replace")

    def _end(self, number: signal.Signals) -> None:
        with self._changed:
            self._wanted = False
            self._changed.notify_all()
            keeper = self._keeper
        if keeper is None:
            return
        pid = wait.until(f"{self.host.name}: {self.name} runs or has ended",
                         lambda: self.pid or not keeper.is_alive())
        if pid is not True:
            _send(pid, number)
        keeper.join(wait.DEADLINE_S)
        if keeper.is_alive():
            raise wait.Never(f"{self.host.name}: {self.name} does not end after {number.name}")
        self._keeper = None

    def _keep(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: not self._wanted or not self._held)
                if not self._wanted:
                    return
                with open(self.log, "ab") as log:
                    self._process = subprocess.Popen(
                        self.host.entering(self.command), stdin=subprocess.DEVNULL, stdout=log,
                        stderr=log, env=self.host.environment())
                self._changed.notify_all()
            self.exits.append(self._process.wait())
            with self._changed:
                self._changed.wait_for(lambda: not self._wanted, _RESTART_DELAY_S)


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass
