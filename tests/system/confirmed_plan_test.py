#!/usr/bin/python3 -B
"""Somebody edits a file while the question stands."""

from cluster import case
from cluster.facts import words
from cluster.terminal import Terminal


class EditedAfterThePlan(case.SystemCase):
    nodes = (1, 2)

    def confirm_after(self, edit: "object") -> tuple[int, str]:
        self.cluster.cut(self.sn1)
        with Terminal(self.mn.start, "snctl", "takeover", "SN1P") as terminal:
            terminal.read_until(r"\[y/N\]")
            edit()  # type: ignore[operator]
            terminal.type("y")
            return terminal.finish()

    def shown(self) -> case.Reply:
        return self.mn.snctl("show", "T1", "--json")

    def assert_held(self, place: str, value: str) -> None:
        shown = self.shown()
        self.assertEqual(self.verdicts(shown), {"cn001": "verified", "cn002": "held"})
        row = self.result(shown, "cn002")
        self.assertIn("not as the plan that was confirmed", words(row["reason"]))
        self.assertIn(place, words(row["reason"]))
        self.assertIn(value, words(row["reason"]))
        self.assertEqual(words(row["cure"]), "snctl resume T1 --nodes cn002")

    def test_with_the_same_steps_it_is_done_and_told(self) -> None:
        node = self.cluster["cn002"]
        path = "/etc/resolv.conf"
        code, screen = self.confirm_after(
            lambda: node.write(path, "# edited meanwhile\n" + node.read(path)))
        self.assertEqual(code, case.VERIFIED, screen)
        self.assertIn("REPLANNED 1 cn002", screen)
        reasons = [words(finding["reason"])
                   for finding in self.result(self.shown(), "cn002")["findings"]]
        self.assertTrue(any(reason.startswith("planned anew") for reason in reasons), reasons)
        self.assertTrue(node.read(path).startswith("# edited meanwhile\n"))
        self.assertIn(self.sn2.address(node.entry.network), node.read(path))

    def test_another_reference_holds_the_node_untouched_until_it_is_resumed(self) -> None:
        node = self.cluster["cn002"]
        path = "/etc/chrony/chrony.conf"
        old = self.sn1.address(node.entry.network)

        def edit() -> None:
            node.write(path, node.read(path) + f"server {old} iburst prefer\n")
            node.write("/etc/rsyslog.d/remote.conf",
                       node.read("/etc/rsyslog.d/remote.conf") + f"local7.* @{old}\n")
            self.before["cn002"] = case.Before(node)
        code, screen = self.confirm_after(edit)
        self.assertNotEqual(code, case.VERIFIED, screen)
        self.assertIn("snctl resume T1 --nodes cn002", screen)
        self.assert_held("/etc/", old)
        self.assert_untouched(node)

        with self.subTest("a reconnect moves nobody unseen"):
            node.agent.stop()
            node.agent.start()
            self.cluster.wait_connected("cn002")
            self.assertEqual(self.verdict_of("cn002"), "held")
            self.assertEqual(node.read(path), self.before["cn002"].files.text(path))
        with self.subTest("the cure moves it"):
            reply = self.mn.snctl("resume", "T1", "--nodes", "cn002", "--json")
            self.assertEqual(self.verdicts(reply)["cn002"], "verified", str(reply))
            self.assertNotIn(f"server {old}", node.read(path))

    def test_a_reference_that_is_gone_holds_it_too(self) -> None:
        node = self.cluster["cn002"]
        path = "/etc/rsyslog.d/remote.conf"

        def edit() -> None:
            node.write(path, "# nothing is sent anywhere\n")
            self.before["cn002"] = case.Before(node)
        self.confirm_after(edit)
        self.assert_held(path, "is not to be done any more")
        self.assert_untouched(node)
        reply = self.mn.snctl("resume", "T1", "--nodes", "cn002", "--json")
        self.assertEqual(self.verdicts(reply)["cn002"], "verified", str(reply))


if __name__ == "__main__":
    case.main()
