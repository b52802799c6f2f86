#!/usr/bin/python3
"""A machine that speaks to the coordinator's port without libzmq: ZMTP 3.1 and CURVE by hand.

  stranger_by_hand.py ADDRESS:PORT COORDINATOR_KEY silent|greeting|hello|initiate COUNT SECONDS
  stranger_by_hand.py ADDRESS:PORT COORDINATOR_KEY endless|twins SECRET_KEY_FILE SECONDS

silent .. initiate: so many connections at once, which stop after that step of the handshake (silent: before
the first byte; initiate: in the middle of it). Each that is ended is made anew, all the time.
endless: a message of the node's own key whose parts never end.
twins: connections of the node's own key, one after the other, all of one routing id, each with more messages
than a queue holds.
Says one line of JSON at its end. RFC 23 (ZMTP), RFC 26 (CurveZMQ).
"""

import ctypes
import ctypes.util
import json
import os
import select
import socket
import struct
import sys
import time

_SODIUM = ctypes.CDLL(ctypes.util.find_library("sodium") or "libsodium.so.23")
_SIGNATURE = b"\xff" + bytes(7) + b"\x01" + b"\x7f"
GREETING = _SIGNATURE + b"\x03\x01" + b"CURVE".ljust(20, b"\0") + b"\0" + bytes(31)
_PART = 60 * 1024
_MESSAGES = 64
_LONG = 0x02
_COMMAND = 0x04
_Z85 = ("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
        ".-:+=^!/*?&<>()[]{}@%$#")


def z85(text):
    values = [_Z85.index(letter) for letter in text]
    return b"".join(struct.pack(">I", sum(v * 85 ** (4 - i) for i, v in enumerate(values[at:at + 5])))
                    for at in range(0, len(values), 5))


def new_pair():
    public, secret = ctypes.create_string_buffer(32), ctypes.create_string_buffer(32)
    _SODIUM.crypto_box_keypair(public, secret)
    return public.raw, secret.raw


def public_of(secret):
    public = ctypes.create_string_buffer(32)
    _SODIUM.crypto_scalarmult_base(public, secret)
    return public.raw


def box(text, nonce, public, secret):
    assert len(nonce) == 24
    out = ctypes.create_string_buffer(len(text) + 16)
    _SODIUM.crypto_box_easy(out, text, ctypes.c_ulonglong(len(text)), nonce, public, secret)
    return out.raw


def unbox(text, nonce, public, secret):
    out = ctypes.create_string_buffer(len(text) - 16)
    if _SODIUM.crypto_box_open_easy(out, text, ctypes.c_ulonglong(len(text)), nonce, public, secret):
        raise ValueError("the box does not open")
    return out.raw


def framed(body, flags):
    if len(body) < 256 and not flags & _LONG:
        return bytes([flags, len(body)]) + body
    return bytes([flags | _LONG]) + struct.pack(">Q", len(body)) + body


def hello_of(server, public, secret):
    """The first command of a connection."""
    short = struct.pack(">Q", 1)
    signed = box(bytes(64), b"CurveZMQHELLO---" + short, server, secret)
    return framed(b"\x05HELLO\x01\x00" + bytes(72) + public + short + signed, _COMMAND)


class Peer:
    def __init__(self, address, server):
        self.server = z85(server)
        self.number = 0
        self.public, self.secret = new_pair()
        self.socket = socket.create_connection(address, timeout=30)

    def nonce(self):
        self.number += 1
        return struct.pack(">Q", self.number)

    def read(self, size):
        got = b""
        while len(got) < size:
            more = self.socket.recv(size - len(got))
            if not more:
                raise ConnectionError("ended")
            got += more
        return got

    def read_command(self):
        flags = self.read(1)[0]
        size = struct.unpack(">Q", self.read(8))[0] if flags & _LONG else self.read(1)[0]
        return self.read(size)

    def greet(self):
        self.socket.sendall(GREETING)

    def say_hello(self):
        self.read(len(GREETING))
        self.number += 1
        self.socket.sendall(hello_of(self.server, self.public, self.secret))

    def initiate(self, own_secret, whole=True, identity=b""):
        welcome = self.read_command()
        assert welcome.startswith(b"\x07WELCOME"), welcome[:8]
        opened = unbox(welcome[24:], b"WELCOME-" + welcome[8:24], self.server, self.secret)
        self.theirs, cookie = opened[:32], opened[32:]
        long_nonce, short = os.urandom(16), self.nonce()
        vouch = box(self.public + self.server, b"VOUCH---" + long_nonce, self.theirs, own_secret)
        metadata = b"".join(bytes([len(name)]) + name + struct.pack(">I", len(value)) + value
                            for name, value in ((b"Socket-Type", b"DEALER"), (b"Identity", identity)))
        sealed = box(public_of(own_secret) + long_nonce + vouch + metadata,
                     b"CurveZMQINITIATE" + short, self.theirs, self.secret)
        frame = framed(b"\x08INITIATE" + cookie + short + sealed, _COMMAND)
        self.socket.sendall(frame if whole else frame[:-1])
        if whole:
            ready = self.read_command()
            assert ready.startswith(b"\x05READY"), ready[:8]

    def say_part(self, body, more=True):
        short = self.nonce()
        sealed = box((b"\x01" if more else b"\x00") + body, b"CurveZMQMESSAGEC" + short, self.theirs, self.secret)
        self.socket.sendall(framed(b"\x07MESSAGE" + short + sealed, 0))


def stopped_after(step, address, server):
    peer = Peer(address, server)
    if step != "silent":
        peer.greet()
    if step in ("hello", "initiate"):
        peer.say_hello()
    if step == "initiate":
        peer.initiate(new_pair()[1], whole=False)
    return peer


def hold(step, address, server, count, seconds):
    """As many connections as asked for, all the time."""
    end = time.monotonic() + seconds
    made, ended, peers = 0, 0, {}
    poll = select.poll()
    while time.monotonic() < end:
        while len(peers) < count and time.monotonic() < end:
            try:
                peer = stopped_after(step, address, server)
            except (OSError, ConnectionError):
                ended += 1
                break
            made += 1
            peers[peer.socket.fileno()] = peer
            poll.register(peer.socket, select.POLLIN)
        for descriptor, _ in poll.poll(100):
            peer = peers[descriptor]
            try:
                gone = not peer.socket.recv(4096)
            except OSError:
                gone = True
            if gone:
                poll.unregister(descriptor)
                peers.pop(descriptor).socket.close()
                ended += 1
    return {"made": made, "ended": ended, "held": len(peers)}


def endless(address, server, secret_file, seconds):
    with open(secret_file) as file:
        secret = z85(file.read().strip())
    end, sent, ended = time.monotonic() + seconds, 0, 0
    while time.monotonic() < end:
        peer = None
        try:
            peer = Peer(address, server)
            peer.greet()
            peer.say_hello()
            peer.initiate(secret)
            peer.say_part(bytes(_PART))
            while time.monotonic() < end:
                peer.say_part(bytes(_PART))
                sent += _PART
        except OSError:
            ended += 1
        if peer:
            peer.socket.close()
    return {"sent": sent, "ended": ended}


def twins(address, server, secret_file, seconds):
    with open(secret_file) as file:
        secret = z85(file.read().strip())
    end, let_in, ended = time.monotonic() + seconds, 0, 0
    while time.monotonic() < end:
        try:
            peer = Peer(address, server)
            with peer.socket:
                peer.greet()
                peer.say_hello()
                peer.initiate(secret, identity=b"twin")
                let_in += 1
                for _ in range(_MESSAGES):
                    peer.say_part(bytes(1024), more=False)
        except (OSError, AssertionError):
            ended += 1
    return {"let_in": let_in, "ended": ended}


def main():
    host, port = sys.argv[1].rsplit(":", 1)
    address, server, script, what, seconds = (host, int(port)), *sys.argv[2:5], float(sys.argv[5])
    if script in ("endless", "twins"):
        said = {"endless": endless, "twins": twins}[script](address, server, what, seconds)
    else:
        said = hold(script, address, server, int(what), seconds)
    print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
