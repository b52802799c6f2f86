#!/usr/bin/python3 -B
"""The administrator is wrong, or wants to wait."""

from cluster import case


class ServiceNodeAlive(case.SystemCase):
    nodes = (1, 7)

    def test_is_refused_until_the_move_is_said_to_be_planned(self) -> None:
        reason, cure = self.assert_refused(self.takeover("SN1P"))
        self.assertIn("SN1P", reason)
        self.assertIn("--planned", reason + cure)
        self.assert_untouched(*self.cluster.nodes)
        for row in self.mn.rows().values():
            self.assertEqual(row["row"], "observed", "a refusal leaves the table alone")
        self.assertNotEqual(self.mn.state_of("SN1P"), "failed")

        reply = self.takeover("SN1P", "--planned")
        self.assert_exit(reply, case.VERIFIED)
        for node in self.cluster.nodes:
            self.assert_bound(node, self.sn2)
        self.assertNotEqual(self.mn.state_of("SN1P"), "failed")


class WrongCommand(case.SystemCase):
    nodes = (1, 2)
    service_nodes = 3

    def test_says_what_is_wrong_and_does_nothing(self) -> None:
        with self.subTest("unknown service node"):
            reply = self.takeover("SN9P")
            self.assertIn(reply.exit, (case.ERROR, case.USAGE, case.REFUSED), str(reply))
            self.assertIn("SN9P", reply.text + reply.error)
        with self.subTest("unknown target"):
            reply = self.takeover("SN1P", "--to", "SN9P", "--planned")
            self.assertIn(reply.exit, (case.ERROR, case.USAGE, case.REFUSED), str(reply))
            self.assertIn("SN9P", reply.text + reply.error)
        with self.subTest("no nodes"):
            reply = self.takeover("SN3P", "--planned")
            self.assertIn(reply.exit, (case.ERROR, case.USAGE, case.REFUSED), str(reply))
            self.assertIn("SN3P", reply.text + reply.error)
        with self.subTest("unknown node"):
            reply = self.takeover("SN1P", "--nodes", "cn999", "--planned")
            self.assertIn(reply.exit, (case.ERROR, case.USAGE, case.REFUSED), str(reply))
            self.assertIn("cn999", reply.text + reply.error)
        with self.subTest("to itself"):
            reply = self.takeover("SN1P", "--to", "SN1P", "--planned")
            self.assertIn(reply.exit, (case.ERROR, case.USAGE, case.REFUSED), str(reply))
        with self.subTest("no such verb"):
            self.assert_exit(self.mn.snctl("overtake", "SN1P"), case.USAGE)
        self.assert_untouched(*self.cluster.nodes)


class Frozen(case.SystemCase):
    nodes = (1, 2)

    def test_sends_nothing_even_after_a_restart(self) -> None:
        self.cluster.cut(self.sn1)
        self.assert_exit(self.mn.snctl("freeze"), case.VERIFIED)
        self.assertTrue(self.mn.status()["frozen"])
        self.assertIn("frozen", self.mn.snctl("status").text.lower())

        reply = self.takeover("SN1P", "--timeout", "3s")
        self.assertIn(reply.exit, (case.REFUSED, case.WAITING), str(reply))
        self.assertIn("thaw", reply.text + reply.error, "the cure is named")
        self.assert_untouched(*self.cluster.nodes)

        self.mn.coordinator.kill()
        self.mn.start_coordinator()
        self.cluster.wait_connected("cn001", "cn002")
        self.assertTrue(self.mn.status()["frozen"], "freezing is durable")
        self.assert_untouched(*self.cluster.nodes)

        self.assert_exit(self.mn.snctl("thaw"), case.VERIFIED)
        self.assertFalse(self.mn.status()["frozen"])
        again = self.takeover("SN1P")
        self.assert_exit(again, case.VERIFIED)
        for node in self.cluster.nodes:
            self.assert_bound(node, self.sn2)


if __name__ == "__main__":
    case.main()
