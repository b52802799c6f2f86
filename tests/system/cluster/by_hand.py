"""A coordinator without any will of its own: it says to a node exactly what a test wants said.

The real one is stopped, and a program in the management node takes its address and its key.
"""

import json
import os
import pathlib
import signal
import tempfile
from typing import Any

from . import wait
from .inventory import COORDINATOR_PORT, MN_ON_A, MN_ON_MANAGEMENT
from .management_node import ManagementNode

# It runs in the management node, and imports nothing of this package.
_PROGRAM = pathlib.Path(__file__).with_name("coordinator_by_hand.py")


class ByHand:
    """Usable as a context manager."""

    def __init__(self, mn: ManagementNode) -> None:
        self.mn = mn
        self._request = 0
        self._read = 0      # messages that were looked at already

    def __enter__(self) -> "ByHand":
        self.mn.coordinator.stop()
        self.mn.write("/tmp/by_hand.py", _PROGRAM.read_text())
        # Read through a descriptor of our own: the program's has its offset for writing, and one
        # that is shared would be moved under it.
        self._out = tempfile.NamedTemporaryFile("a")
        self._error = tempfile.NamedTemporaryFile("a")
        self._process = self.mn.start(
            "/usr/bin/python3", "-u", "/tmp/by_hand.py",
            *(f"tcp://{address}:{COORDINATOR_PORT}" for address in (MN_ON_A, MN_ON_MANAGEMENT)),
            stdin=-1, stdout=self._out.fileno(), stderr=self._error.fileno())
        return self

    def __exit__(self, *_: object) -> None:
        for pid in self.mn.pids("python3"):
            os.kill(pid, signal.SIGKILL)
        self._process.communicate()
        self._out.close()
        self._error.close()

    # --- What is said --------------------------------------------------------------------------

    def mark(self) -> None:
        """Only what is said from here on is heard."""
        self._read = len(self._messages())

    def tell(self, node: str, what: str, keys: dict[str, Any] | None = None) -> None:
        assert self._process.stdin
        self.mark()
        self._process.stdin.write(json.dumps([node, {"t": what, **(keys or {})}]) + "\n")
        self._process.stdin.flush()

    def order(self, node: str, generation: int, from_: str, to: str, undo: int = 0) -> None:
        self.tell(node, "rebind", {"takeover": f"T{generation}", "generation": generation,
                                   "node": node, "from": [from_], "to": to, "undo": undo})

    def rebind(self, node: str, generation: int, from_: str, to: str, undo: int = 0) -> Any:
        """Orders it and returns the outcome, or the refusal."""
        self.order(node, generation, from_, to, undo)
        answer = self.hear(node, "outcome", "refused")
        return answer.get("outcome", answer)

    def preflight(self, node: str, from_: str, to: str, undo: int = 0) -> Any:
        """Returns the plan."""
        return self._plan("preflight", node, from_, to, undo)

    def rehearse(self, node: str, from_: str, to: str, planned: bool = False) -> Any:
        """Returns the plan, with what only a rehearsal finds."""
        return self._plan("rehearse", node, from_, to, 0, planned)

    def _plan(self, what: str, node: str, from_: str, to: str, undo: int,
              planned: bool = False) -> Any:
        self._request += 1
        self.tell(node, what, {"request": self._request, "from": [from_], "to": to,
                               "probe_ms": 500, "undo": undo, "planned": planned})
        self.hear(node, "plan_report")
        self.tell(node, "tell_plan", {"request": self._request})
        return self.hear(node, "full_plan")["plan"]

    def clear(self, node: str) -> Any:
        self.tell(node, "clear")
        return self.hear(node, "quarantine")

    # --- What is heard -------------------------------------------------------------------------

    def _messages(self) -> list[tuple[str, Any]]:
        whole = pathlib.Path(self._out.name).read_text().rpartition("\n")[0]
        return [(node, message) for node, message in map(json.loads, whole.splitlines())]

    def hear(self, node: str, *whats: str) -> Any:
        """The first message of these since something was told."""
        def heard() -> Any:
            assert self._process.poll() is None, pathlib.Path(self._error.name).read_text()
            for who, message in self._messages()[self._read:]:
                if who == node and message["t"] in whats:
                    return message
            return None
        return wait.until(f"{node} says {' or '.join(whats)}", heard, state=self._messages)

    def hello(self, node: str) -> Any:
        """Waits for the first, and returns the last."""
        def heard() -> Any:
            assert self._process.poll() is None, pathlib.Path(self._error.name).read_text()
            hellos = [message for who, message in self._messages()
                      if who == node and message["t"] == "hello"]
            return hellos[-1] if hellos else None
        return wait.until(f"{node} says hello", heard)
