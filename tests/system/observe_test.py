#!/usr/bin/python3 -B
"""A node's site has not turned changes on."""

from cluster import case, wait
from cluster.cluster import Cluster
from cluster.facts import words


class ObserveMode(case.SystemCase):
    nodes = (1, 2)

    def test_refuses_every_change_and_still_reports(self) -> None:
        shy = self.cluster["cn002"]
        shy.agent.stop()
        shy.replace_in("/etc/snagent/agent.toml", 'mode = "act"', 'mode = "observe"')
        self.before["cn002"] = case.Before(shy)
        self.cluster.start_agents([shy])
        # The coordinator shows the agent that was stopped until it misses its beats.
        wait.until("the node says its mode", lambda: self.mn.rows()["cn002"]["mode"] == "observe")
        row = self.mn.rows()["cn002"]
        self.assertGreater(row["observed"]["SN1P"], 0)

        plan = self.mn.snctl("plan", "SN1P", "--planned", "--json").json
        groups = {node: group for group in plan["groups"] for node in group["nodes"]}
        seen, armed = groups["cn002"], groups["cn001"]
        self.assertEqual(seen["outlook"], "blocked")
        self.assertEqual(words(seen["reason"]), "observe: would be refused")
        self.assertIn('mode = "act"', words(seen["cure"]))
        self.assertEqual(seen["plan_outlook"], "whole")
        for what in ("references", "files", "routes", "shape"):
            self.assertEqual(seen[what], armed[what], what)
        self.assertEqual(len(seen["changes"]), len(armed["changes"]))

        screen = self.mn.snctl("plan", "SN1P", "--planned").text
        self.assertIn("observe: would be refused", screen)
        whole = self.mn.snctl("plan", "SN1P", "--planned", "--group", seen["id"]).text
        self.assertIn("/etc/resolv.conf", whole)
        rehearsed = self.mn.snctl("rehearse", "SN1P", "--nodes", "cn002").text
        self.assertRegex(rehearsed, r"(?m)^REHEARSAL .* nothing was staged;")
        self.assertIn("+ export NIM_MASTER_HOSTNAME=sn2-eth1", rehearsed)
        self.assert_untouched(shy)

        self.cluster.cut(self.sn1)
        reply = self.takeover("SN1P")
        self.assert_exit(reply, case.NOT_FINE)
        self.assertEqual(self.verdicts(reply), {"cn001": "verified", "cn002": "blocked"})
        row = self.result(reply, "cn002")
        self.assertIn("observe", words(row["reason"]))
        self.assertIn("mode", words(row["cure"]))
        self.assert_untouched(shy)
        self.assert_bound(self.cluster["cn001"], self.sn2)


if __name__ == "__main__":
    case.main()
