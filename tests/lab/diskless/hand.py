"""The other end of guest/hand.cc: runs a command in a node, whatever the node's servers do."""

import socket
import struct
from dataclasses import dataclass

PORT = 5599
# The hand itself never waits for a server; on top of a command's own deadline this is for a
# machine that is busy.
_GRACE_S = 30.0
_CONNECT_S = 5.0


class NoAnswer(RuntimeError):
    """The node is off, hangs, or its link is cut."""


@dataclass
class Done:
    exit: int | None        # None: the deadline passed
    output: str
    error: str
    raw: bytes
    ended: bool = True      # False: SIGKILL did not end it, it waits for a server in the kernel


class Hand:
    def __init__(self, address: str) -> None:
        self._address = address

    def run(self, command: str, deadline_s: float, in_memory: bool = False) -> Done:
        """In the node's root; in_memory: in the hand's own tmpfs, with busybox."""
        return self._ask(b"m" if in_memory else b"n", command, deadline_s)

    def read(self, path: str, deadline_s: float, in_memory: bool = False) -> Done:
        """The file is the output.  No program is started for it, unlike `cat`."""
        return self._ask(b"p" if in_memory else b"r", path, deadline_s)

    def _ask(self, kind: bytes, text: str, deadline_s: float) -> Done:
        request = kind + struct.pack(">I", int(deadline_s * 1000))
        parts: dict[bytes, list[bytes]] = {b"o": [], b"e": []}
        try:
            with socket.create_connection((self._address, PORT), _CONNECT_S) as connection:
                connection.settimeout(deadline_s + _GRACE_S)
                connection.sendall(request + text.encode())
                connection.shutdown(socket.SHUT_WR)
                while True:
                    kind, content = self._frame(connection)
                    if kind in parts:
                        parts[kind].append(content)
                        continue
                    raw = b"".join(parts[b"o"])
                    return Done(content[0] if kind == b"x" else None, raw.decode(errors="replace"),
                                b"".join(parts[b"e"]).decode(errors="replace"), raw,
                                kind == b"x" or content == b"1")
        except OSError as problem:
            raise NoAnswer(f"{self._address}: {problem}") from None

    def answers(self) -> bool:
        try:
            with socket.create_connection((self._address, PORT), 1):
                return True
        except OSError:
            return False

    def _frame(self, connection: socket.socket) -> tuple[bytes, bytes]:
        head = self._bytes(connection, 5)
        return head[:1], self._bytes(connection, struct.unpack(">I", head[1:])[0])

    def _bytes(self, connection: socket.socket, count: int) -> bytes:
        parts = []
        while count:
            part = connection.recv(min(count, 65536))
            if not part:
                raise NoAnswer(f"{self._address}: the connection was closed")
            parts.append(part)
            count -= len(part)
        return b"".join(parts)
