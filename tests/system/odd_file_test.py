#!/usr/bin/python3 -B
"""A node has a file that cannot be understood."""

from cluster import case
from cluster.cluster import Cluster
from cluster.facts import words

# `server` without a name: chronyd refuses such a file, so it is not running either.
ODD_LINE = "server\n"


class OddFile(case.SystemCase):
    nodes = (1, 2)

    def setUp(self) -> None:
        super().setUp()
        self.odd = self.cluster["cn002"]
        path = self.odd.path("/etc/chrony/chrony.conf")
        path.write_text(path.read_text() + ODD_LINE)
        self.place = f"/etc/chrony/chrony.conf:{len(path.read_text().splitlines())}"
        self.before["cn002"] = case.Before(self.odd)
        self.cluster.cut(self.sn1)

    def test_costs_only_that_file(self) -> None:
        reply = self.takeover("SN1P")
        self.assert_exit(reply, case.NOT_FINE)
        self.assertEqual(self.verdicts(reply), {"cn001": "verified", "cn002": "partly"})
        row = self.result(reply, "cn002")
        self.assertIn(self.place, [finding["place"] for finding in row["findings"]])
        self.assertTrue(all(words(finding["cure"]) for finding in row["findings"]
                            if finding["place"] == self.place))
        self.assert_bound(self.cluster["cn001"], self.sn2)
        # The file stays as it was; everything else moved.
        was = self.before["cn002"].files
        self.assertNotIn("/etc/chrony/chrony.conf", was.changed(self.odd.snapshot()))
        self.assertEqual(self.odd.gateways()["default"], self.sn2.address("node-a"))
        self.assert_log_arrives(self.odd, self.sn2)

        # The cure: repair the line, run it again.
        self.odd.replace_in("/etc/chrony/chrony.conf", "\n" + ODD_LINE, "\n")
        self.assert_exit(self.takeover("SN1P"), case.VERIFIED)
        self.assert_bound(self.odd, self.sn2)

    def test_refuses_the_whole_node_when_strict(self) -> None:
        reply = self.takeover("SN1P", "--strict")
        self.assert_exit(reply, case.NOT_FINE)
        self.assertEqual(self.verdicts(reply), {"cn001": "verified", "cn002": "blocked"})
        self.assert_untouched(self.odd)
        self.assert_bound(self.cluster["cn001"], self.sn2)


if __name__ == "__main__":
    case.main()
