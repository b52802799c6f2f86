#!/usr/bin/python3 -B
"""Nothing goes wrong but the service node itself."""

from cluster import case


class Takeover(case.SystemCase):
    # Both styles of files, and a node on the network without the management node.
    nodes = (1, 2, 3, 7)

    def test_moves_every_node_and_can_be_run_again(self) -> None:
        self.cluster.cut(self.sn1)

        with self.subTest("a plan changes nothing"):
            plan = self.mn.snctl("plan", "SN1P", "--json")
            self.assert_exit(plan, case.VERIFIED)
            planned = {node for group in plan.json["groups"] for node in group["nodes"]}
            self.assertLessEqual({"cn001", "cn002", "cn003"}, planned)
            changes = [change for group in plan.json["groups"] for change in group["changes"]]
            self.assertIn("/etc/resolv.conf", {change.get("path") for change in changes})
            dry = self.mn.snctl("takeover", "SN1P", "--dry-run")
            self.assert_exit(dry, case.VERIFIED)
            self.assert_untouched(*self.cluster.nodes)
            self.assertEqual(self.mn.snctl("history", "--json").text.count('"SN1P"'), 0,
                             "a plan is no takeover")

        with self.subTest("a takeover moves every node"):
            reply = self.takeover("SN1P")
            self.assert_exit(reply, case.VERIFIED)
            self.assertEqual(self.verdicts(reply), dict.fromkeys(
                ("cn001", "cn002", "cn003", "cn007"), "verified"))
            self.assertEqual({row["left"] for row in reply.json["nodes"]}, {0})
            for node in self.cluster.nodes:
                self.assert_bound(node, self.sn2)
            for name, row in self.mn.rows().items():
                self.assertEqual((row["sn"], row["row"]), ("SN2P", "released"), name)
            self.assertEqual(self.mn.state_of("SN1P"), "failed")
            first = reply.json["takeover"]

        with self.subTest("a second run touches nothing"):
            self.before = {node.name: case.Before(node) for node in self.cluster.nodes}
            inodes = {node.name: _inodes(node) for node in self.cluster.nodes}
            again = self.takeover("SN1P")
            self.assertIn(again.exit, (case.VERIFIED, case.REFUSED), str(again))
            self.assert_untouched(*self.cluster.nodes)
            self.assertEqual(inodes, {node.name: _inodes(node) for node in self.cluster.nodes})

        with self.subTest("it can be looked up afterwards"):
            self.assertIn(first, self.mn.snctl("history").text)
            shown = self.mn.snctl("show", first, "--json")
            self.assertEqual(self.verdicts(shown), self.verdicts(reply))
            text = self.mn.snctl("show", first).text
            self.assertIn("cn[001-003,007]", text, "nodes are folded")
            self.assertIn("known references to SN1P left: 0", text)
            self.assertLessEqual(max(map(len, text.splitlines())), 100)
            rows = {row["node"]: row for row in shown.said["nodes"]}
            rows.pop("cn007")  # it was down when the plan was made
            self.assertEqual({row["as_planned"] for row in rows.values()}, {True},
                             "and say no line that the plan had said")
            self.assertEqual([row["changes"] for row in rows.values()], [[]] * len(rows))
            lines = {plan["group"]: plan["changes"] for plan in shown.said["plans"]}
            self.assertIn("/etc/resolv.conf",
                          {change["path"] for change in lines[rows["cn001"]["group"]]})
            one = self.mn.snctl("show", first, "--node", "cn001").text
            self.assertIn("as planned for group", one)
            self.assertIn("/etc/resolv.conf", one)

        with self.subTest("a returned service node changes nothing"):
            self.cluster.join(self.sn1)
            self.cluster.wait_connected(*(node.name for node in self.cluster.nodes))
            self.assert_untouched(*self.cluster.nodes)


class ThirdServiceNode(case.SystemCase):
    nodes = (1, 2)
    service_nodes = 3

    def test_is_used_when_it_is_named(self) -> None:
        self.cluster.cut(self.sn1)
        third = self.cluster.service_nodes[2]
        reply = self.takeover("SN1P", "--to", "SN3P", "--nodes", "cn001")
        self.assert_exit(reply, case.VERIFIED)
        self.assertEqual(self.verdicts(reply), {"cn001": "verified"})
        self.assertEqual(self.cluster["cn001"].gateways()["default"], third.address("node-a"))
        self.assert_log_arrives(self.cluster["cn001"], third)
        self.assert_untouched(self.cluster["cn002"])


def _inodes(node: case.Node) -> dict[str, int]:
    return {path: node.path(path).stat().st_ino for path in (
        "/etc/niminfo", "/etc/resolv.conf", "/etc/hosts", "/etc/chrony/chrony.conf")}


if __name__ == "__main__":
    case.main()
