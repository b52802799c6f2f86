#!/usr/bin/python3 -B
"""The coordinator gets another key, and no node is lost: they know the next one before it is used."""

from cluster import case
from cluster.management_node import CONFIG
from cluster.node import Node

_AGENT_TOML = "/etc/snagent/agent.toml"


class KeyRollover(case.SystemCase):
    nodes = (1, 2, 7)   # the last by forwarders only

    def key(self, *what: str) -> str:
        return self.mn.output("sncoordd", "key", *what, "--config", CONFIG).strip()

    def keys(self) -> dict[str, str]:
        keys = self.mn.snctl("keys", "list", "--json", check=True).json["keys"]
        return {key["node"]: key["public_key"] for key in keys}

    def set(self, node: Node, text: str) -> None:
        node.path(_AGENT_TOML).write_text(text)
        node.agent.stop()
        node.agent.start()

    def test_current_and_next(self) -> None:
        present = self.key()
        nothing = self.mn.run("sncoordd", "key", "roll", "--config", CONFIG, check=False)
        self.assertEqual(nothing.returncode, 1)
        self.assertIn("sncoordd key next makes it", nothing.stderr)
        following = self.key("next")
        self.assertNotEqual(following, present)
        enrolled = self.keys()

        before = {node: node.read(_AGENT_TOML) for node in self.cluster.nodes}
        for node, text in before.items():
            self.set(node, f'next_coordinator_key = "{following}"\n' + text)
        self.cluster.wait_connected(*(node.name for node in self.cluster.nodes))

        self.assertEqual(self.key("roll"), following)
        self.mn.coordinator.stop()
        self.mn.start_coordinator()
        # With both keys: by the next one, and nobody is enrolled anew.
        self.cluster.wait_connected(*(node.name for node in self.cluster.nodes))
        self.assertEqual(self.keys(), enrolled)
        self.cluster.cut(self.sn1)
        self.assert_exit(self.takeover("SN1P"), case.VERIFIED)

        # The site's image has one key again.
        for node, text in before.items():
            self.set(node, text.replace(present, following))
        self.cluster.wait_connected(*(node.name for node in self.cluster.nodes))


if __name__ == "__main__":
    case.main()
