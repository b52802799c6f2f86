#!/usr/bin/python3 -B
"""The inventory is edited, is wrong, or does not say what a node says."""

from cluster import case
from cluster.cluster import Cluster
from cluster.management_node import CONFIG

_FILE = "/etc/sncoord/cluster.toml"


class EditedInventory(case.SystemCase):
    nodes = (1, 2)

    def test_never_moves_a_node(self) -> None:
        self.mn.coordinator.stop()
        self.mn.replace_in(_FILE, 'service_nodes = ["SN1P", "SN2P"]',
                           'service_nodes = ["SN2P", "SN1P"]')
        self.mn.start_coordinator()
        self.cluster.wait_connected("cn001", "cn002")
        for row in self.mn.rows().values():
            self.assertEqual(row["row"], "observed")
        self.assert_untouched(*self.cluster.nodes)


class Stray(case.SystemCase):
    """cn002 belongs to SN2P, says the inventory, but its files name SN1P."""
    nodes = (1, 2)

    def make_cluster(self) -> Cluster:
        cluster = Cluster(self.nodes)
        cluster.mn.tree.file(_FILE, cluster.inventory.directory_toml() + """
[[node]]
names = "cn001"
service_nodes = ["SN1P", "SN2P"]

[[node]]
names = "cn002"
service_nodes = ["SN2P", "SN1P"]
""")
        return cluster

    def test_is_shown_apart_and_not_moved(self) -> None:
        self.cluster.cut(self.sn1)
        reply = self.takeover("SN1P")
        self.assertEqual(self.verdicts(reply), {"cn001": "verified"})
        self.assertIn("cn002", str(reply.json["strays"]))
        self.assert_exit(reply, case.VERIFIED)
        self.assert_bound(self.cluster["cn001"], self.sn2)
        self.assert_untouched(self.cluster["cn002"])


class WrongInventory(case.SystemCase):
    nodes = (1,)

    def test_is_refused_with_file_and_line(self) -> None:
        self.mn.coordinator.stop()
        good = self.mn.read(_FILE)
        for what, text in {
                "unknown key": good.replace("nim_master_id", "nim_mistress_id", 1),
                "duplicate node": good + '\n[[node]]\nnames = "cn001"\nservice_nodes = ["SN1P"]\n',
                "service node without address":
                    good.replace('addresses = ["10.1.1.101/24", "10.1.2.101/24"]', "addresses = []"),
                "range without end": good.replace('"cn[001]"', '"cn[001-"'),
                "no TOML at all": good + "\n[[node]\n"}.items():
            with self.subTest(what):
                self.assertNotEqual(text, good)
                self.mn.write(_FILE, text)
                done = self.mn.run("sncoordd", "--config", CONFIG, check=False, deadline_s=30)
                self.assertNotEqual(done.returncode, 0)
                self.assertRegex(done.stderr, rf"{_FILE}:\d+")
                self.assertNotIn("ready", done.stderr.splitlines())
        self.mn.write(_FILE, good)
        self.mn.start_coordinator()
        self.cluster.wait_connected("cn001")


if __name__ == "__main__":
    case.main()
