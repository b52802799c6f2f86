#!/usr/bin/python3
"""Knocks at the coordinator without the agent, from whatever port this user can have.

  knock_by_hand.py ADDRESS:PORT COORDINATOR_KEY NODE PORT|0 [ADDRESS:PORT]

Makes a key of its own, and says as one line of JSON whether it was let in, and why not.  The last
argument: what it says of its own end, if not the truth.  PROTOCOL.md, section 8.
"""

import json
import os
import socket
import struct
import sys

import msgpack

try:
    from .stranger_by_hand import box, new_pair, unbox, z85
except ImportError:
    from stranger_by_hand import box, new_pair, unbox, z85

PROTOCOL = 11
_GREETING = b"SNENROL1"
GREETING_BYTES = len(_GREETING) + 32
_NONCE_BYTES = 24


def frame_of(greeting, node, own_end, their_end, server, public, secret):
    assert greeting.startswith(_GREETING), greeting
    knock = {"protocol": PROTOCOL, "node": node, "version": "by hand", "boot_id": "x",
             "challenge": greeting[len(_GREETING):].decode(), "from": own_end, "to": their_end}
    nonce = os.urandom(_NONCE_BYTES)
    frame = public + nonce + box(b"K" + msgpack.packb(knock), nonce, server, secret)
    return struct.pack(">H", len(frame)) + frame


def answer_of(sealed, server, secret):
    plain = unbox(sealed[_NONCE_BYTES:], sealed[:_NONCE_BYTES], server, secret)
    assert plain[:1] == b"A", plain[:1]
    return msgpack.unpackb(plain[1:], raw=False)


def read(connection, size):
    got = b""
    while len(got) < size:
        more = connection.recv(size - len(got))
        if not more:
            raise ConnectionError("hung up")
        got += more
    return got


def main():
    host, port = sys.argv[1].rsplit(":", 1)
    server, node, own_port = z85(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    public, secret = new_pair()
    with socket.socket() as connection:
        connection.settimeout(20)
        if own_port:
            connection.bind(("", own_port))
        connection.connect((host, int(port)))
        own_end = sys.argv[5] if len(sys.argv) > 5 else "%s:%d" % connection.getsockname()
        try:
            greeting = read(connection, GREETING_BYTES)
            connection.sendall(frame_of(greeting, node, own_end, f"{host}:{port}", server, public,
                                        secret))
            size = struct.unpack(">H", read(connection, 2))[0]
            answer = answer_of(read(connection, size), server, secret)
        except ConnectionError:
            answer = {"reason": "hung up"}
    print(json.dumps({"accepted": answer.get("accepted", False), "why": answer.get("reason")}))


if __name__ == "__main__":
    main()
