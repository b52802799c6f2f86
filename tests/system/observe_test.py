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
