#!/usr/bin/python3
"""A node's own root who is up to no good: speaks to the coordinator under the node's key.

  agent_by_hand.py ENDPOINT COORDINATOR_KEY SECRET_KEY_FILE NODE flood|jump SECONDS

Says one line of JSON at its end.
"""

import json
import sys
import time

import msgpack
import zmq


class Agent:
    def __init__(self, endpoint: str, server: str, secret_file: str, node: str) -> None:
        self.endpoint, self.server, self.node = endpoint, server.encode(), node
        with open(secret_file) as file:
            self.secret = file.read().strip().encode()
        self.context = zmq.Context()

    def connect(self):
        dealer = self.context.socket(zmq.DEALER)
        dealer.curve_secretkey, dealer.curve_publickey = self.secret, zmq.curve_public(self.secret)
        dealer.curve_serverkey = self.server
        dealer.linger = 0
        dealer.connect(self.endpoint)
        return dealer

    def hello(self, **keys):
        return msgpack.packb({
            "t": "hello", "protocol": PROTOCOL, "node": self.node, "version": "evil",
            "mode": "act", "boot_id": "b", "instance": "evil", "nonce": "n", "confined": True, "path": "tcp://evil:1",
            "generation": 0, "generation_target": "", "directory": "d", "busy": {}, "bindings": [],
            "last": [], "servers": [], "quarantine": [], **keys})


def flood(agent, seconds):
    """As much as the connection takes, over and over."""
    sent, begin = 0, time.monotonic()
    dealer = agent.connect()
    beat = msgpack.packb({"t": "beat", "x": [[None] * 500] * 100})
    while time.monotonic() - begin < seconds:
        try:
            dealer.send(beat, zmq.DONTWAIT)
            sent += 1
        except zmq.Again:
            time.sleep(0.001)
    return {"sent": sent}


def jump(agent, seconds):
    """The greatest generation that was lawful once, and what is answered."""
    dealer = agent.connect()
    dealer.send(agent.hello(generation=1 << 62, generation_target="SN1P"))
    heard = []
    while dealer.poll(int(seconds * 1000)):
        heard.append(msgpack.unpackb(dealer.recv())["t"])
    return {"heard": heard}


def main() -> None:
    agent = Agent(*sys.argv[1:5])
    print(json.dumps({"flood": flood, "jump": jump}[sys.argv[5]](agent, float(sys.argv[6]))),
          flush=True)


PROTOCOL = 11

if __name__ == "__main__":
    main()
