#!/usr/bin/python3 -B
"""The backup service node is dead too."""

from cluster import case
from cluster.facts import words


class BackupDead(case.SystemCase):
    nodes = (1, 2)

    def test_is_refused_before_anything_is_touched(self) -> None:
        self.cluster.cut(self.sn1)
        self.cluster.cut(self.sn2)
        reply = self.takeover("SN1P")
        self.assertIn("SN2P", reply.text + reply.error)
        reason, _ = self.assert_refused(reply)
        self.assertIn("SN2P", reason)
        self.assert_untouched(*self.cluster.nodes)

        # It is no dead end: with the backup back the same command works.
        self.cluster.join(self.sn2)
        self.assert_exit(self.takeover("SN1P"), case.VERIFIED)
        for node in self.cluster.nodes:
            self.assert_bound(node, self.sn2)


class BackupDeadForOneNode(case.SystemCase):
    nodes = (1, 2)

    def test_that_node_is_left_alone_and_the_others_move(self) -> None:
        lonely = self.cluster["cn002"]
        self.cluster.cut(self.sn1)
        lonely.run("ip", "route", "add", "blackhole", "10.1.1.101/32")
        self.before["cn002"] = case.Before(lonely)
        reply = self.takeover("SN1P")
        self.assert_exit(reply, case.NOT_FINE)
        self.assertEqual(self.verdicts(reply), {"cn001": "verified", "cn002": "blocked"})
        row = self.result(reply, "cn002")
        self.assertIn("SN2P", words(row["reason"]))
        self.assertTrue(words(row["cure"]))
        self.assert_untouched(lonely)
        self.assert_bound(self.cluster["cn001"], self.sn2)

        lonely.run("ip", "route", "delete", "blackhole", "10.1.1.101/32")
        self.before["cn002"] = case.Before(lonely)
        self.assert_exit(self.takeover("SN1P"), case.VERIFIED)
        self.assert_bound(lonely, self.sn2)


if __name__ == "__main__":
    case.main()
