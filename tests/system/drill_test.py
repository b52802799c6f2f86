#!/usr/bin/python3 -B
"""An administrator practises: rehearse, one node, back, a rack in waves, stop, go on, back."""

from cluster import case, wait
from cluster.facts import words


class Drill(case.SystemCase):
    nodes = (1, 2, 3)

    def assert_as_before(self, *names: str) -> None:
        """Every file and route, byte for byte; services were restarted since."""
        for name in names:
            node, was = self.cluster[name], self.before[name]
            self.assertEqual(was.files.changed(node.snapshot()), set(), name)
            self.assertEqual(was.routes, node.routes(), name)

    def test_a_drill_while_the_service_node_lives(self) -> None:
        with self.subTest("a rehearsal changes nothing"):
            reply = self.mn.snctl("rehearse", "SN1P")
            self.assert_exit(reply, case.VERIFIED)
            self.assertIn("REHEARSAL SN1P -> SN2P", reply.text)
            self.assertIn("staged and taken away again", reply.text)
            self.assert_untouched(*self.cluster.nodes)
            self.assertEqual(self.mn.snctl("history").text, "no takeover yet\n")

        with self.subTest("one node, and back, exactly"):
            reply = self.takeover("SN1P", "--planned", "--nodes", "cn001")
            self.assert_exit(reply, case.VERIFIED)
            self.assert_bound(self.cluster["cn001"], self.sn2, connections=False)
            back = self.mn.snctl("failback", "T1", "--yes", "--json")
            self.assert_exit(back, case.VERIFIED)
            self.assertEqual(self.verdicts(back), {"cn001": "verified"})
            self.assertGreater(self.result(back, "cn001")["restored"], 5)
            self.assert_as_before("cn001")
            self.assert_untouched(self.cluster["cn002"], self.cluster["cn003"])
            self.assertIn("EXACTLY AS BEFORE 1 cn001", self.mn.snctl("show", "T2").text)

        with self.subTest("a rack: the canaries first, then the others"):
            reply = self.takeover("SN1P", "--planned")
            self.assert_exit(reply, case.VERIFIED)
            rows = {row["node"]: row for row in reply.json["nodes"]}
            canaries = [row for row in rows.values() if row["canary"]]
            # One of each plan group: the two styles differ.
            self.assertEqual(len(canaries), len({row["group"] for row in rows.values()}))
            proven = max(row["ended_ms"] for row in canaries)
            for row in rows.values():
                if not row["canary"]:
                    self.assertGreaterEqual(row["told_ms"], proven, row["node"])
            story = self.mn.snctl("show", "T3", "--node", canaries[0]["node"]).text
            self.assertIn("told to move to SN2P, as canary", story)
            self.assertIn("verified on SN2P", story)
            self.assertEqual(self.mn.state_of("SN1P"), "maintenance")

        with self.subTest("and all of it back; what drifted is planned anew"):
            node = self.cluster["cn002"]
            path = "/etc/rsyslog.d/remote.conf"
            drifted = "# by hand\n" + node.read(path)
            node.write(path, drifted)
            back = self.mn.snctl("failback", "T3", "--yes")
            self.assert_exit(back, case.VERIFIED)
            self.assertIn("NOT EXACTLY 1 cn002", back.text)
            self.assert_as_before("cn001", "cn003")
            self.assertEqual(self.before["cn002"].files.changed(node.snapshot()), {path})
            self.assertIn("# by hand\n", node.read(path))
            self.assertEqual(self.mn.state_of("SN1P"), "up")

        with self.subTest("there is nothing to take back twice"):
            reason, _ = self.assert_refused(self.mn.snctl("failback", "T3", "--yes", "--json"))
            self.assertIn("nothing of T3 is left to take back", reason)

    def test_a_whole_evening_goes_back_at_once(self) -> None:
        for number, node in enumerate(("cn001", "cn002"), 1):
            self.assert_exit(self.takeover("SN1P", "--planned", "--nodes", node), case.VERIFIED)
            self.assertIn(f"T{number}", self.mn.snctl("history").text)
        plan = self.mn.snctl("failback", "SN1P", "--dry-run")
        self.assertIn("Do it: snctl failback SN1P\n", plan.text)
        back = self.mn.snctl("failback", "SN1P", "--yes", "--json")
        self.assert_exit(back, case.VERIFIED)
        self.assertEqual(self.verdicts(back), {"cn001": "verified", "cn002": "verified"})
        self.assertEqual(back.json["back_to"], "SN1P")
        self.assert_as_before("cn001", "cn002")
        self.assert_untouched(self.cluster["cn003"])
        reason, _ = self.assert_refused(self.mn.snctl("failback", "SN1P", "--yes", "--json"))
        self.assertIn("no node was moved off SN1P", reason)

    def test_a_canary_that_hangs_is_aborted_and_nobody_else_was_touched(self) -> None:
        canary = self.cluster["cn001"]
        held = canary.hold_start_of("rsyslog")
        self.cluster.cut(self.sn1)
        takeover = self.mn.begin("takeover", "SN1P", "--yes", "--json", "--nodes", "cn001,cn002")
        held.wait()
        self.assertEqual(self.mn.rows()["cn002"]["row"], "queued")
        self.assert_untouched(self.cluster["cn002"], self.cluster["cn003"])
        reply = self.mn.snctl("abort", "T1")
        self.assert_exit(reply, case.VERIFIED)
        self.assertIn("still where they were: 1 node (cn002)", " ".join(reply.text.split()))
        self.assertIn("and finishing: 1 node (cn001)", " ".join(reply.text.split()))
        held.let_go()
        ended = self.mn.finish(takeover)
        self.assertEqual(self.verdicts(ended), {"cn001": "verified", "cn002": "held"})
        self.assert_bound(canary, self.sn2)
        self.assertEqual(self.mn.rows()["cn002"]["sn"], "SN1P")
        self.cluster["cn002"].agent.stop()
        self.cluster["cn002"].agent.start()
        self.cluster.wait_connected("cn002")
        self.assert_untouched(self.cluster["cn002"], self.cluster["cn003"])
        # It is dead, so nothing goes back there before somebody says that it lives.
        reason, cure = self.assert_refused(self.mn.snctl("failback", "T1", "--yes", "--json"))
        self.assertIn("SN1P is itself marked failed", reason)
        self.assertIn("snctl sn clear SN1P", cure)

    def test_a_canary_that_fails_stops_it_and_resume_goes_on(self) -> None:
        canary = self.cluster["cn001"]
        path = "/etc/resolv.conf"
        held = canary.hold_start_of("rsyslog")
        self.cluster.cut(self.sn1)
        takeover = self.mn.begin("takeover", "SN1P", "--yes", "--json", "--nodes", "cn001,cn002")
        held.wait()
        # Between the commit and the proof.
        old = self.before["cn001"].files.text(path)
        canary.write(path, old)
        held.let_go()
        stopped = self.mn.finish(takeover)
        self.assert_exit(stopped, case.NOT_FINE)
        self.assertEqual(stopped.json["state"], "stopped")
        self.assertIn("canary cn001 ended partly", words(stopped.json["why"]))
        self.assertEqual(self.verdicts(stopped), {"cn001": "partly", "cn002": "pending"})
        self.assert_untouched(self.cluster["cn002"], self.cluster["cn003"])
        # Over a restart too.
        self.mn.coordinator.kill()
        self.mn.start_coordinator()
        self.cluster.wait_connected("cn001", "cn002")
        self.assertEqual(self.mn.rows()["cn002"]["row"], "queued")
        self.assert_untouched(self.cluster["cn002"], self.cluster["cn003"])

        reply = self.mn.snctl("resume", "T1", "--json")
        self.assert_exit(reply, case.VERIFIED)
        self.assertEqual(self.verdicts(reply), {"cn001": "verified", "cn002": "verified"})
        for name in ("cn001", "cn002"):
            self.assert_bound(self.cluster[name], self.sn2)
        self.assert_untouched(self.cluster["cn003"])
        self.assertIn("resumed by", self.mn.snctl("show", "T1", "--node", "cn001").text)

    def test_a_node_in_quarantine_is_named_and_cleared(self) -> None:
        node = self.cluster["cn001"]
        node.agent.stop()
        node.path("/run/snagent/journal").write_text("nonsense\n")
        node.agent.start()
        wait.until("status shows the quarantine",
                   lambda: "QUARANTINE" in words(self.mn.rows()["cn001"]["notice"]))
        self.cluster.cut(self.sn1)
        reply = self.takeover("SN1P")
        self.assert_exit(reply, case.WAITING)
        row = self.result(reply, "cn001")
        self.assertEqual(row["verdict"], "held")
        self.assertIn("in quarantine: ", words(row["reason"]))
        self.assertIn("journal", words(row["reason"]))
        self.assertIn("snctl clear cn001", words(row["cure"]))
        self.assert_untouched(node)
        self.assertEqual(self.mn.snctl("clear", "cn001").exit, case.REFUSED)
        node.path("/run/snagent/journal").unlink()
        self.assert_exit(self.mn.snctl("clear", "cn001"), case.VERIFIED)
        self.wait_verdict("cn001", "verified")
        self.assert_bound(node, self.sn2)


if __name__ == "__main__":
    case.main()
