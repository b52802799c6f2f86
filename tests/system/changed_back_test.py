#!/usr/bin/python3 -B
"""Somebody writes a file back between the commit and the proof."""

from cluster import case, files


class ChangedBack(case.SystemCase):
    nodes = (1, 2)

    def test_is_seen_because_the_proof_reads_again(self) -> None:
        node = self.cluster["cn002"]
        held = node.hold_start_of("rsyslog")
        self.cluster.cut(self.sn1)
        takeover = self.mn.begin("takeover", "SN1P", "--yes", "--json")
        held.wait()
        self.assertTrue(node.in_the_middle())
        new = files.resolv_conf(node.entry, self.sn2.entry)
        self.assertEqual(node.read("/etc/resolv.conf"), new, "too early: not committed yet")
        old = files.resolv_conf(node.entry, self.sn1.entry)
        node.write("/etc/resolv.conf", old)
        held.let_go()

        reply = self.mn.finish(takeover)
        self.assert_exit(reply, case.NOT_FINE)
        self.assertEqual(self.verdicts(reply), {"cn001": "verified", "cn002": "partly"})
        row = self.result(reply, "cn002")
        self.assertGreaterEqual(row["left"], 1)
        self.assertIn("/etc/resolv.conf:3", [finding["place"] for finding in row["findings"]])
        self.assertEqual(node.read("/etc/resolv.conf"), old, "nobody wins silently")
        self.assert_bound(node, self.sn2, except_for=("/etc/resolv.conf",))

        # The next run touches only what is left.
        again = self.takeover("SN1P")
        self.assert_exit(again, case.VERIFIED)
        self.assert_bound(node, self.sn2)


if __name__ == "__main__":
    case.main()
