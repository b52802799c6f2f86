#!/usr/bin/python3 -B
"""Nothing: what a takeover changed is put back, exactly where nobody changed it since."""

from typing import Any

from cluster import case, files, wait
from cluster.by_hand import ByHand
from cluster.facts import words
from cluster.node import Node


class FailbackCase(case.SystemCase):
    def assert_as_before(self, node: Node, except_for: tuple[str, ...] = ()) -> None:
        was = self.before[node.name]
        self.assertEqual(was.files.changed(node.snapshot()), set(except_for), node.name)
        self.assertEqual(was.routes, node.routes(), node.name)
        self.assertEqual(node.time_sources(), {self.sn1.address(node.entry.network)})
        self.assert_log_arrives(node, self.sn1)


class Failback(FailbackCase):
    nodes = (1, 3)      # one of each style

    def setUp(self) -> None:
        super().setUp()
        self.hand = self.enterContext(ByHand(self.mn))
        for node in self.cluster.nodes:
            # The second name server was there before, and is to be there afterwards.
            path = "/etc/resolv.conf"
            node.write(path, node.read(path) +
                       f"nameserver {self.sn2.address(node.entry.network)}\n")
            self.before[node.name] = case.Before(node)
            self.hand.hello(node.name)

    def there(self, node: Node) -> Any:
        outcome = self.hand.rebind(node.name, 17, "SN1P", "SN2P")
        self.assertEqual(outcome["verdict"], "verified", outcome)
        self.assertEqual(outcome["restored"], 0)
        self.assertNotEqual(self.before[node.name].files.changed(node.snapshot()), set())
        return outcome

    def back(self, node: Node, generation: int = 18) -> Any:
        outcome = self.hand.rebind(node.name, generation, "SN2P", "SN1P", undo=17)
        self.assertEqual(outcome["verdict"], "verified", outcome)
        self.assertEqual(outcome["left"], 0)
        return outcome

    def notes(self, outcome: Any) -> dict[str, str]:
        return {finding["place"]: words(finding["reason"]) for finding in outcome["findings"]
                if finding["what"] == "note"}

    def test_every_byte_and_every_route_is_as_it_was(self) -> None:
        for node in self.cluster.nodes:
            changed = self.there(node)
            plan = self.hand.preflight(node.name, "SN2P", "SN1P", undo=17)
            self.assertEqual(plan["outlook"], "whole", plan)
            things = plan["files"] + plan["routes"]
            self.assertGreater(things, 5)
            self.assertEqual(plan["restored"], things)
            # What it shows is what the takeover showed, the other way round.
            self.assertCountEqual(
                [(each["path"], each["before"], each["after"]) for each in plan["changes"]],
                [(each["path"], each["after"], each["before"]) for each in changed["changes"]])
            outcome = self.back(node)
            self.assertEqual(outcome["restored"], things)
            self.assertEqual(self.notes(outcome), {})
            self.assert_as_before(node)
            # Once more changes nothing; and the way there is open again.
            self.assertEqual(self.back(node, 19)["changed"], 0)
            self.assert_as_before(node)
            self.assertEqual(self.hand.rebind(node.name, 20, "SN1P", "SN2P", undo=18)["restored"],
                             things)
            self.assertEqual(self.hand.rebind(node.name, 21, "SN2P", "SN1P", undo=20)["restored"],
                             things)
            self.assert_as_before(node)

    def test_a_drifted_file_is_planned_from_what_it_is(self) -> None:
        node = self.cluster["cn001"]
        self.there(node)
        path = "/etc/rsyslog.d/remote.conf"
        node.write(path, "# mine\n" + node.read(path))
        outcome = self.back(node)
        self.assertEqual(self.notes(outcome),
                         {path: "changed since T17; planned from its present state"})
        self.assert_as_before(node, (path,))
        self.assertEqual(node.read(path), "# mine\n" +
                         files.rsyslog_remote(node.entry, self.sn1.entry, node.style))

    def test_after_a_reboot_it_is_planned_from_what_is(self) -> None:
        node = self.cluster["cn001"]
        self.there(node)
        self.assertTrue(list(node.path("/run/snagent").glob("undo.*")))
        self.cluster.reboot(node, self.sn2)
        self.hand.mark()
        node.agent.start()
        self.hand.hear(node.name, "hello")
        outcome = self.back(node)
        self.assertEqual(outcome["restored"], 0)
        self.assertIn("no record of generation 17 on this node",
                      self.notes(outcome)[""])
        # /etc/hosts keeps what it gained, and the second name server has become the first.
        self.assertEqual(node.gateways()["default"], self.sn1.address(node.entry.network))
        self.assertNotIn(self.sn2.address(node.entry.network), node.read("/etc/resolv.conf"))

    def test_killed_in_the_middle_it_is_finished_exactly(self) -> None:
        node = self.cluster["cn001"]
        self.there(node)
        held = node.hold_start_of("rsyslog")
        self.hand.order(node.name, 18, "SN2P", "SN1P", undo=17)
        held.wait()
        self.assertTrue(node.in_the_middle())
        node.agent.hold()
        node.kill_pid_file("/run/snagent/session.pid")
        node.kill_pid_file("/run/snagent/executor.pid")
        held.let_go()
        node.agent.release()
        last = self.hand.hear(node.name, "hello")
        if not last["last"]:
            last = {"last": [self.hand.hear(node.name, "outcome")["outcome"]]}
        self.assertEqual(last["last"][0]["verdict"], "verified", last)
        self.assert_as_before(node)


class AWayOfTwoSteps(FailbackCase):
    """The real coordinator; the node's way leads through more than one takeover."""
    nodes = (1,)
    service_nodes = 3

    def test_it_had_not_arrived_when_it_was_sent_elsewhere(self) -> None:
        node = self.cluster["cn001"]
        held = node.hold_start_of("rsyslog")
        self.cluster.cut(self.sn1)
        self.mn.snctl("takeover", "SN1P", "--yes", "--all-at-once", "--timeout", "1s")
        elsewhere = self.mn.begin("takeover", "SN1P", "--to", "SN3P", "--yes", "--json",
                                  "--all-at-once")
        wait.until("T2", lambda: '"T2"' in self.mn.snctl("history", "--json").text)
        held.let_go()
        self.assert_exit(self.mn.finish(elsewhere), case.VERIFIED)
        self.assertEqual(node.gateways()["default"],
                         self.cluster.service_nodes[2].address(node.entry.network))
        # What it was on its way to first is dead by now.
        self.cluster.cut(self.sn2)
        self.cluster.join(self.sn1)
        self.mn.snctl("sn", "clear", "SN1P", check=True)
        reply = self.mn.snctl("failback", "T2", "--yes", "--json")
        self.assert_exit(reply, case.VERIFIED)
        self.assert_as_before(node)
        self.assertEqual(self.verdict_of("cn001"), "verified")
        self.assertEqual(self.mn.rows()["cn001"]["sn"], "SN1P")

    def test_a_run_again_is_taken_back_with_the_first(self) -> None:
        node = self.cluster["cn001"]
        self.cluster.cut(self.sn1)
        self.assert_exit(self.takeover("SN1P"), case.VERIFIED)
        # Somebody changed it back, and the takeover was run again.
        node.replace_in("/etc/resolv.conf", self.sn2.address(node.entry.network),
                        self.sn1.address(node.entry.network))
        wait.until("that is known", lambda: "names SN1P again" in self.mn.snctl("status").text)
        self.assert_exit(self.takeover("SN1P", "--nodes", "cn001"), case.VERIFIED)
        self.cluster.join(self.sn1)
        self.mn.snctl("sn", "clear", "SN1P", check=True)
        cure = self.mn.snctl("status").text
        self.assertIn("snctl failback T2", cure)
        self.assert_exit(self.mn.snctl("failback", "T2", "--yes", "--json"), case.VERIFIED)
        self.assert_as_before(node)
        # The watch looks at SN1P once a second.
        wait.until("all is fine", lambda: "All 1 node fine" in self.mn.snctl("status").text,
                   state=lambda: self.mn.snctl("status").text)


if __name__ == "__main__":
    case.main()
