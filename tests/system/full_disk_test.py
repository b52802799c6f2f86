#!/usr/bin/python3 -B
"""The coordinator's disk is full."""

from cluster import case
from cluster.cluster import Cluster

STATE = "/var/lib/sncoord"


class SmallDisk(Cluster):
    """Its coordinator has a disk of its own, of a few MiB."""

    def power_on(self) -> None:
        super().power_on()
        self.mn.run("mount", "-t", "tmpfs", "-o", "size=6m,mode=700", "tmpfs", STATE)


class FullDisk(case.SystemCase):
    nodes = (1, 2)

    def make_cluster(self) -> Cluster:
        return SmallDisk(tuple(self.nodes))

    def fill(self) -> None:
        self.mn.run("dd", "if=/dev/zero", f"of={STATE}/junk", "bs=4k", check=False)

    def test_is_refused_by_name_and_the_coordinator_lives(self) -> None:
        self.cluster.cut(self.sn1)
        self.fill()
        with self.subTest("a takeover"):
            reason, cure = self.assert_refused(self.takeover("SN1P"))
            self.assertEqual(reason, f"{STATE} is full: 0 of 1 MiB free")
            self.assertIn(f"df {STATE}", cure)
        with self.subTest("status"):
            self.assertIn(f"\n {STATE}  is full: 0 of 1 MiB free", self.mn.snctl("status").text)
            self.assertTrue(self.mn.status()["disk"]["full"])
        with self.subTest("the coordinator"):
            self.assertTrue(self.mn.coordinator.running)
            self.assertEqual(self.mn.coordinator.text().count("ready"), 1, "the same process")
        with self.subTest("room again"):
            self.mn.run("rm", f"{STATE}/junk")
            self.assert_exit(self.takeover("SN1P"), case.VERIFIED)

    def test_what_was_begun_is_brought_to_its_end(self) -> None:
        node = self.cluster["cn002"]
        node.agent.kill()
        self.cluster.cut(self.sn1)
        self.assert_exit(self.takeover("SN1P", "--timeout", "10s"), case.WAITING)
        self.fill()
        with self.subTest("a node that comes late"):
            node.agent.start()
            self.wait_verdict("cn002", "verified")
        with self.subTest("a restart"):
            self.mn.coordinator.stop()
            self.mn.start_coordinator()
            self.cluster.wait_connected("cn001", "cn002")
            self.assert_refused(self.takeover("SN2P", "--to", "SN1P", "--planned"))


if __name__ == "__main__":
    case.main()
