#!/usr/bin/python3 -B
"""A node misses one takeover, and the backup dies before it is back."""

from cluster import case, wait


class MissedTakeover(case.SystemCase):
    nodes = (1, 2)
    service_nodes = 3

    def test_references_to_both_dead_service_nodes_go(self) -> None:
        third = self.cluster.service_nodes[2]
        late = self.cluster["cn002"]
        late.agent.stop()
        wait.until("the coordinator has noticed",
                   lambda: not self.mn.rows()["cn002"]["connected"])

        self.cluster.cut(self.sn1)
        self.assert_exit(self.takeover("SN1P", "--to", "SN2P", "--timeout", "2s"), case.WAITING)
        self.cluster.cut(self.sn2)
        self.assert_exit(self.takeover("SN2P", "--to", "SN3P", "--timeout", "5s"), case.WAITING)
        self.wait_verdict("cn001", "verified")
        self.assert_untouched(late)

        late.agent.start()
        self.wait_verdict("cn002", "verified")
        row = self.mn.rows()["cn002"]
        self.assertEqual(row["sn"], "SN3P")
        self.assertEqual({sn: n for sn, n in row["observed"].items() if n and sn != "SN3P"}, {})
        # It never was on SN2P, so only SN3P is new to it.
        self.assert_bound(late, third)
        self.assert_bound(self.cluster["cn001"], third, also=(self.sn2,))


if __name__ == "__main__":
    case.main()
