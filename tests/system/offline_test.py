#!/usr/bin/python3 -B
"""A node is off when its service node is taken over."""

from cluster import case, wait
from cluster.facts import words


class Offline(case.SystemCase):
    nodes = (1, 2, 3)

    def setUp(self) -> None:
        super().setUp()
        self.late = self.cluster["cn002"]
        self.late.agent.stop()
        wait.until("the coordinator has noticed",
                   lambda: not self.mn.rows()["cn002"]["connected"])
        self.cluster.cut(self.sn1)

    def take_over_the_others(self) -> None:
        reply = self.takeover("SN1P", "--timeout", "2s")
        self.assert_exit(reply, case.WAITING)
        self.assertEqual(self.verdicts(reply),
                         {"cn001": "verified", "cn002": "pending", "cn003": "verified"})
        row = self.result(reply, "cn002")
        self.assertTrue(words(row["reason"]), "a pending node has a reason")
        self.assert_untouched(self.late)
        for name in ("cn001", "cn003"):
            self.assert_bound(self.cluster[name], self.sn2)

    def test_converges_when_it_connects(self) -> None:
        self.take_over_the_others()
        self.late.agent.start()
        self.wait_verdict("cn002", "verified")
        self.assert_bound(self.late, self.sn2)

    def test_converges_after_a_restart_of_the_coordinator(self) -> None:
        self.take_over_the_others()
        self.mn.coordinator.kill()
        self.mn.start_coordinator()
        self.late.agent.start()
        self.wait_verdict("cn002", "verified")
        self.assert_bound(self.late, self.sn2)

    def test_converges_after_a_reboot(self) -> None:
        self.take_over_the_others()
        self.cluster.reboot(self.late, self.sn1)
        self.before["cn002"] = case.Before(self.late)
        # The key lay in memory; the new one is made known by hand.
        self.mn.snctl("keys", "revoke", "cn002", check=True)
        self.mn.snctl("keys", "add", "cn002", self.late.output("snagentd", "key").strip(),
                      check=True)
        self.late.agent.start()
        self.wait_verdict("cn002", "verified")
        self.assert_bound(self.late, self.sn2)

    def test_is_held_when_the_service_node_is_cleared(self) -> None:
        self.take_over_the_others()
        self.cluster.join(self.sn1)
        self.assert_exit(self.mn.snctl("sn", "clear", "SN1P"), case.VERIFIED)
        self.assertNotEqual(self.mn.state_of("SN1P"), "failed")
        self.late.agent.start()
        self.wait_verdict("cn002", "held")
        self.cluster.wait_connected("cn002")
        row = self.mn.rows()["cn002"]
        self.assertEqual(row["row"], "held")
        self.assertTrue(words(row["reason"]) and words(row["cure"]), f"a held node is named: {row}")
        self.assert_untouched(self.late)


if __name__ == "__main__":
    case.main()
