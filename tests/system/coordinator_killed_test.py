#!/usr/bin/python3 -B
"""The coordinator is killed while some nodes are verified and some are not."""

from cluster import case, wait


class CoordinatorKilled(case.SystemCase):
    nodes = (1, 2, 3, 4)

    def some(self) -> bool:
        """cn001 to cn003 are verified and cn004 is not: as the coordinator itself says."""
        return {name: row["verdict"] == "verified" for name, row in self.mn.rows().items()} == {
            "cn001": True, "cn002": True, "cn003": True, "cn004": False}

    def test_the_takeover_goes_on(self) -> None:
        slow = self.cluster["cn004"]
        held = slow.hold_start_of("rsyslog")
        self.cluster.cut(self.sn1)
        takeover = self.mn.begin("takeover", "SN1P", "--yes", "--json", "--timeout", "90s")
        held.wait()
        wait.until("three nodes are verified and one is not", self.some,
                   state=lambda: self.mn.rows())
        self.assertTrue(slow.in_the_middle(), f"{slow.journal()}")
        self.mn.coordinator.kill()
        self.assertFalse(self.mn.coordinator.running)
        self.assertTrue(slow.in_the_middle(), "too late: the last node is done")
        self.mn.finish(takeover)    # how the terminal ends does not matter

        held.let_go()
        wait.until("the node finishes without a coordinator", lambda: not slow.in_the_middle())
        self.mn.start_coordinator()
        self.wait_verdict("cn004", "verified")
        for node in self.cluster.nodes:
            self.assert_bound(node, self.sn2)

        rows = self.mn.rows()
        self.assertEqual({row["verdict"] for row in rows.values()}, {"verified"})
        self.assertEqual(self.mn.state_of("SN1P"), "failed")
        shown = self.mn.snctl("show", "T1", "--json")
        self.assertEqual(shown.json["state"], "finished", str(shown))
        self.assertEqual(set(self.verdicts(shown).values()), {"verified"})


if __name__ == "__main__":
    case.main()
