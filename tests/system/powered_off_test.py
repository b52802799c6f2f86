#!/usr/bin/python3 -B
"""A node is off, and its root on the file server is moved without it."""

import subprocess

from cluster import case, cluster as machines
from cluster.inventory import MANAGEMENT
from cluster.service_node import WHOAMI
from cluster.tree import Snapshot


class PoweredOff(case.SystemCase):
    nodes = (1, 3, 7)

    def setUp(self) -> None:
        # No coordinator and no agent has a part in this.
        self.cluster = machines.Cluster(self.nodes)
        self.addCleanup(self.cluster.close)
        self.cluster.power_on()
        self.sn1, self.sn2 = self.cluster.sn1, self.cluster.sn2
        self.directory = self.cluster.room / "cluster.toml"
        self.directory.write_text(self.cluster.inventory.directory_toml())

    def rebind(self, node: case.Node, *more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [machines.binaries() / "snagentd", "rebind", "--root", node.tree.path, "--cluster",
             self.directory, "--from", "SN1P", "--to", "SN2P", *more],
            text=True, capture_output=True, timeout=60)

    def test_its_root_is_moved_and_it_boots_with_the_new_service_node(self) -> None:
        for node in self.cluster.nodes:
            with self.subTest(node.name):
                self.cluster.network.disconnect(node)
                node.power_off()
                was = Snapshot(node.tree.path)
                dry = self.rebind(node, "--dry-run")
                self.assertEqual(dry.returncode, 0, dry.stdout + dry.stderr)
                self.assertIn("/etc/resolv.conf", dry.stdout)
                self.assertEqual(was.changed(Snapshot(node.tree.path)), set(), "a dry run")

                done = self.rebind(node)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                now = Snapshot(node.tree.path)
                self.assert_files(node, self.sn1.entry, self.sn2.entry, [self.sn2.entry], was, now)
                again = self.rebind(node)
                self.assertEqual(again.returncode, 0, again.stdout + again.stderr)
                self.assertEqual(now.changed(Snapshot(node.tree.path)), set(), "a second run")

                self.cluster.start(node, self.sn2)
                self.assertEqual(node.time_sources(), {self.sn2.address(node.entry.network)})
                self.assertEqual(node.resolve(WHOAMI), self.sn2.address(MANAGEMENT))
                self.assert_log_arrives(node, self.sn2)

    def test_a_running_nodes_routes_and_services_are_left_alone(self) -> None:
        node = self.cluster["cn001"]
        before = case.Before(node)
        done = self.rebind(node)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(node.routes(), before.routes)
        self.assertEqual(case.Before(node).services, before.services)


if __name__ == "__main__":
    case.main()
