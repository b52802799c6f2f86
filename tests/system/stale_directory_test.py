#!/usr/bin/python3 -B
"""One node's copy of the inventory is not the coordinator's."""

from cluster import case, wait
from cluster.facts import words

_PATH = "/etc/snagent/cluster.toml"
_DIFFERS = "its cluster.toml differs from the coordinator's"


class StaleDirectory(case.SystemCase):
    nodes = (1, 2, 3)

    def spoil(self, old: str, new: str) -> None:
        node = self.cluster["cn002"]
        self.good = node.read(_PATH)
        self.assertIn(old, self.good)
        node.write(_PATH, self.good.replace(old, new))
        self.before["cn002"] = case.Before(node)

    def notice(self) -> str:
        return words(self.mn.rows()["cn002"]["notice"])

    def assert_named(self, reply: case.Reply, sn: str, key: str, here: str, there: str) -> None:
        self.assertEqual(self.verdicts(reply),
                         {"cn001": "verified", "cn002": "blocked", "cn003": "verified"})
        row = self.result(reply, "cn002")
        self.assertEqual(words(row["reason"]), f"{_PATH} {key} of {sn} differ from the "
                                               f"coordinator's, here {here}, there {there}")
        self.assertEqual(words(row["cure"]), "copy the coordinator's cluster.toml to "
                                             f"{_PATH} on the node; then snctl resume T1")

    def test_another_address_of_the_backup(self) -> None:
        right = f"{self.sn2.address(self.cluster['cn002'].entry.network)}/24"
        wrong = "10.1.1.201/24" if right.startswith("10.1.1.") else "10.1.2.201/24"
        self.spoil(right, wrong)
        wait.until("status says it, of an agent that runs", lambda: self.notice() == _DIFFERS)
        self.cluster.cut(self.sn1)
        plan = " ".join(self.mn.snctl("plan", "SN1P").text.split())
        self.assertIn(f"addresses of SN2P differ from the coordinator's, here {wrong}, "
                      f"there {right}", plan)
        self.assertNotIn("bring SN2P back", plan)
        self.assertIn("SN2P answers 2 of 2 nodes", plan)
        moved = self.takeover("SN1P")
        self.assert_named(moved, "SN2P", "addresses", wrong, right)
        self.assert_untouched(self.cluster["cn002"])

        with self.subTest("mended, it counts at once"):
            self.cluster["cn002"].write(_PATH, self.good)
            resumed = self.mn.snctl("resume", "T1", "--nodes", "cn002", "--json")
            self.assertEqual(self.verdicts(resumed)["cn002"], "verified", str(resumed))
            wait.until("status is quiet", lambda: self.notice() == "")

    def test_another_address_of_the_dead_one(self) -> None:
        """Without it the node would find nothing to leave, and be verified."""
        right = f"{self.sn1.address(self.cluster['cn002'].entry.network)}/24"
        wrong = right.replace(".100/", ".99/")
        self.spoil(right, wrong)
        self.cluster.cut(self.sn1)
        self.assert_named(self.takeover("SN1P"), "SN1P", "addresses", wrong, right)

    def test_one_that_others_can_write(self) -> None:
        node = self.cluster["cn002"]
        node.run("chmod", "666", _PATH)
        check = node.run("snagentd", "check", check=False)
        self.assertEqual(check.returncode, 1)
        self.assertIn(f"{_PATH}: others than root can write it", check.stderr)
        self.cluster.cut(self.sn1)
        self.assertIn("others than root can write it", self.mn.snctl("plan", "SN1P").text)
        moved = self.takeover("SN1P")
        self.assertEqual(self.verdicts(moved)["cn002"], "blocked")
        self.assertIn("others than root can write it",
                      words(self.result(moved, "cn002")["reason"]))
        node.run("chmod", "644", _PATH)
        self.assertIn("good: ", node.output("snagentd", "check"))
        resumed = self.mn.snctl("resume", "T1", "--nodes", "cn002", "--json")
        self.assertEqual(self.verdicts(resumed)["cn002"], "verified", str(resumed))


if __name__ == "__main__":
    case.main()
