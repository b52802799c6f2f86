#!/usr/bin/python3
"""A coordinator without a will of its own, run by by_hand.py in the management node.

  coordinator_by_hand.py ENDPOINT...

It welcomes every node and acknowledges beats.  A line of standard input, [node, message], is sent
to the node; each other message of a node is printed as such a line.  It ends with its input.
"""

import ctypes
import json
import sys
import time

import msgpack
import zmq
import zmq.utils.z85

SECRET = "/var/lib/sncoord/coordinator.key"
PROTOCOL = 11
ORDERS = ("rebind", "rehearse", "clear")

sodium = ctypes.CDLL("libsodium.so.23")


def digest(data, key=b""):
    out = ctypes.create_string_buffer(32)
    sodium.crypto_generichash(out, ctypes.c_size_t(32), data, ctypes.c_ulonglong(len(data)), key,
                              ctypes.c_size_t(len(key)))
    return out.raw


class OrderKey:
    """PROTOCOL.md, section 9."""

    def __init__(self, curve_secret):
        self.public, self.secret = (ctypes.create_string_buffer(size) for size in (32, 64))
        sodium.crypto_sign_seed_keypair(
            self.public, self.secret, digest(b"snkeeper orders", zmq.utils.z85.decode(curve_secret)))

    def order(self, hello, message):
        packed = msgpack.packb({"node": hello["node"], "boot_id": hello["boot_id"],
                                "nonce": hello["nonce"], "what": message})
        text = b"snkeeper orders %d 1\n" % PROTOCOL + digest(b"\0" + packed)
        signature = ctypes.create_string_buffer(64)
        sodium.crypto_sign_detached(signature, None, text, ctypes.c_ulonglong(len(text)),
                                    self.secret)
        return {"t": "order", "order": packed, "place": 0, "of": 1, "path": [],
                "signature": signature.raw}


def main() -> None:
    with open(SECRET) as file:
        secret = file.read().strip().encode()
    router = zmq.Context().socket(zmq.ROUTER)
    router.curve_server, router.curve_secretkey = True, secret
    router.curve_publickey = zmq.curve_public(secret)
    for endpoint in sys.argv[1:]:
        router.bind(endpoint)
    poller = zmq.Poller()
    poller.register(router, zmq.POLLIN)
    poller.register(sys.stdin.fileno(), zmq.POLLIN)
    paths = {}  # node -> routing id
    hellos = {}
    key = OrderKey(secret)

    # It leads after the one that was stopped.
    epoch = int(time.time() * 1000)

    def say(path, message):
        if message["t"] != "beat_ack":
            message = {"epoch": epoch, **message}
        if message["t"] in ORDERS:
            message = key.order(hellos[path], message)
        router.send_multipart([path, msgpack.packb(message)])

    while True:
        for ready, _ in poller.poll():
            if ready == sys.stdin.fileno():
                line = sys.stdin.readline()
                if not line:
                    return
                node, message = json.loads(line)
                say(paths[node], message)
                continue
            path, packed = router.recv_multipart()
            message = msgpack.unpackb(packed)
            if message["t"] == "hello":
                paths[message["node"]] = path
                hellos[path] = message
                say(path, {"t": "welcome", "protocol": PROTOCOL, "generation": 0, "beat_ms": 1000})
            elif message["t"] == "beat":
                say(path, {"t": "beat_ack", "serial": message["serial"]})
                continue
            nodes = [node for node, at in paths.items() if at == path]
            print(json.dumps([nodes[0] if nodes else "", message]), flush=True)


main()
