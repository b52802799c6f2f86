#!/usr/bin/python3
"""A coordinator without a will of its own, run by by_hand.py in the management node.

  coordinator_by_hand.py ENDPOINT...

It welcomes every node and acknowledges beats.  A line of standard input, [node, message], is sent
to the node; each other message of a node is printed as such a line.  It ends with its input.
"""

import json
import sys
import time

import msgpack
import zmq

SECRET = "/var/lib/sncoord/coordinator.key"


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

    # It leads after the one that was stopped.
    epoch = int(time.time() * 1000)

    def say(path, message):
        if message["t"] != "beat_ack":
            message = {"epoch": epoch, **message}
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
                say(path, {"t": "welcome", "protocol": 10, "generation": 0, "beat_ms": 1000})
            elif message["t"] == "beat":
                say(path, {"t": "beat_ack", "serial": message["serial"]})
                continue
            nodes = [node for node, at in paths.items() if at == path]
            print(json.dumps([nodes[0] if nodes else "", message]), flush=True)


main()
