#!/usr/bin/python3 -B
"""The service node is dead, half dead, back again, or was never dead."""

from cluster import case, wait
from cluster.service_node import ServiceNode
from cluster.terminal import Terminal

# What reaches the service node. Its own kernel goes on answering what is let in.
DROP_TCP = "meta l4proto tcp drop"
DROP_UDP = "meta l4proto udp drop"
DROP_ICMP = "meta l4proto icmp drop"


class HalfDeadCase(case.SystemCase):
    nodes = (1, 2)

    def only_let_in(self, sn: ServiceNode, *rules: str) -> None:
        """As a firewall would; ARP is below it."""
        sn.run("nft", "add table ip t")
        sn.run("nft", "add chain ip t c { type filter hook input priority 0; }")
        for rule in rules:
            sn.run("nft", f"add rule ip t c {rule}")

    def life_of(self, name: str) -> dict[str, object]:
        return next(dict(row) for row in self.mn.status()["service_nodes"] if row["name"] == name)

    def wait_life(self, name: str, life: str) -> None:
        wait.until(f"{name} is seen as: {life}", lambda: self.life_of(name)["life"] == life,
                   state=lambda: self.life_of(name))


class Dead(HalfDeadCase):
    def test_is_the_first_thing_that_is_not_fine_before_anybody_types(self) -> None:
        self.wait_life("SN1P", "serves")
        self.assertIn("All 2 nodes fine", self.mn.snctl("status").text)
        self.assert_exit(self.mn.snctl("status", "--check"), case.VERIFIED)
        feed = self.mn.begin("watch")
        self.cluster.cut(self.sn1)
        self.wait_life("SN1P", "silent")
        self.assert_exit(self.mn.snctl("status"), case.VERIFIED)
        self.assert_exit(self.mn.snctl("status", "--check"), case.NOT_FINE)
        screen = self.mn.snctl("status").text
        first = screen.split("NOT FINE\n", 1)[1].splitlines()
        self.assertRegex(first[0], r"^ SN1P  SILENT since .*, seen alive by 0 of 2 nodes, MN no$")
        self.assertEqual(first[1], "    cure: snctl takeover SN1P")
        # It flaps: that is counted, and what was said is taken back.
        self.cluster.join(self.sn1)
        self.wait_life("SN1P", "serves")
        self.assertNotIn("SN1P  SILENT", self.mn.snctl("status").text)
        self.cluster.cut(self.sn1)
        self.wait_life("SN1P", "silent")
        self.assertEqual(self.life_of("SN1P")["flaps"], 2)
        self.assertIn("fell silent 2 times in the last hour",
                      " ".join(self.mn.snctl("status").text.split()))
        self.mn.kill("snctl")
        said = self.mn.finish(feed).text
        self.assertEqual(said.count("SN0412"), 2, said)
        self.assertEqual(said.count("SN0414"), 1, said)

    def test_one_that_is_silent_is_not_cleared_without_a_question(self) -> None:
        self.cluster.cut(self.sn1)
        self.assert_exit(self.takeover("SN1P"), case.VERIFIED)
        asked = self.mn.snctl("sn", "clear", "SN1P")
        self.assert_exit(asked, case.USAGE)
        self.assertIn("SN1P does not answer", asked.error)
        self.assertIn("snctl sn clear SN1P --yes", asked.error)
        self.assertEqual(self.mn.state_of("SN1P"), "failed")
        with Terminal(self.mn.start, "snctl", "sn", "clear", "SN1P") as terminal:
            terminal.read_until(r"Mark it up all the same\? \[y/N\] ")
            terminal.type("n")
            self.assertEqual(terminal.finish()[0], case.REFUSED)
        self.assertEqual(self.mn.state_of("SN1P"), "failed")
        with Terminal(self.mn.start, "snctl", "sn", "clear", "SN1P") as terminal:
            terminal.read_until(r"Mark it up all the same\? \[y/N\] ")
            terminal.type("y")
            self.assertEqual(terminal.finish()[0], case.VERIFIED)
        self.assertEqual(self.mn.state_of("SN1P"), "up")
        # One that answers is no question.
        self.cluster.join(self.sn1)
        self.assert_exit(self.mn.snctl("sn", "clear", "SN1P"), case.VERIFIED)


class HalfDead(HalfDeadCase):
    def assert_half_dead(self, sign: str) -> None:
        refused = self.takeover("SN1P")
        reason, cure = self.assert_refused(refused)
        self.assertIn("SN1P is HALF DEAD", reason)
        self.assertIn(sign, reason)
        self.assertRegex(reason, r"from [0-9a-f:]{17}")
        self.assertIn("snctl takeover SN1P --fenced", cure)
        self.assert_untouched(*self.cluster.nodes)
        with Terminal(self.mn.start, "snctl", "takeover", "SN1P") as terminal:
            terminal.read_until(r"SN1P is HALF DEAD")
            terminal.read_until(r"switched off or isolated\? \[y/N\] ")
            terminal.type("n")
            self.assertEqual(terminal.finish()[0], case.REFUSED)
        self.assert_untouched(*self.cluster.nodes)
        moved = self.takeover("SN1P", "--fenced")
        self.assert_exit(moved, case.VERIFIED)
        self.assertTrue(moved.json["fenced"], "it is recorded")
        self.assertEqual(moved.json["by"], "root")
        self.assertEqual(self.mn.state_of("SN1P"), "failed")
        for node in self.cluster.nodes:
            self.assert_bound(node, self.sn2)

    def test_only_icmp(self) -> None:
        self.only_let_in(self.sn1, DROP_TCP, DROP_UDP)
        self.assert_half_dead("answers ping")

    def test_only_arp(self) -> None:
        self.only_let_in(self.sn1, DROP_TCP, DROP_UDP, DROP_ICMP)
        self.assert_half_dead("answers ARP")

    def test_two_answers_go_on(self) -> None:
        self.only_let_in(self.sn1, DROP_TCP, DROP_UDP)
        with Terminal(self.mn.start, "snctl", "takeover", "SN1P") as terminal:
            terminal.read_until(r"switched off or isolated\? \[y/N\] ")
            terminal.type("y")
            terminal.read_until(r"Move 2 nodes from SN1P to SN2P\? \[y/N\] ")
            terminal.type("y")
            self.assertEqual(terminal.finish()[0], case.VERIFIED)
        self.assertTrue(self.mn.snctl("show", "T1", "--json").json["fenced"])

    def test_the_site_says_that_it_is_off(self) -> None:
        self.mn.coordinator.kill()
        power = self.mn.path("/etc/sncoord/power")
        power.write_text('#!/bin/sh\necho "$1: off"\n')
        power.chmod(0o755)
        config = self.mn.path("/etc/sncoord/sncoordd.toml")
        config.write_text(config.read_text() +
                          'power_status = ["/etc/sncoord/power", "{sn}"]\n')
        self.mn.start_coordinator()
        self.cluster.wait_connected("cn001", "cn002")
        self.only_let_in(self.sn1, DROP_TCP, DROP_UDP)
        self.assertIn("power: SN1P: off, so none of it counts",
                      " ".join(self.mn.snctl("plan", "SN1P").text.split()))
        self.assert_exit(self.takeover("SN1P"), case.VERIFIED)


class Alive(HalfDeadCase):
    def test_one_udp_service_is_life(self) -> None:
        self.only_let_in(self.sn1, DROP_TCP, DROP_ICMP, "udp dport != 123 drop")
        reason, cure = self.assert_refused(self.takeover("SN1P"))
        self.assertIn("SN1P is alive", reason)
        self.assertIn("123/udp answered", reason)
        self.assertIn("--planned", cure)
        self.assert_untouched(*self.cluster.nodes)

    def test_back_while_the_question_stands(self) -> None:
        self.cluster.cut(self.sn1)
        with Terminal(self.mn.start, "snctl", "takeover", "SN1P") as terminal:
            terminal.read_until(r"Move 2 nodes from SN1P to SN2P\? \[y/N\] ")
            self.cluster.join(self.sn1)
            self.wait_life("SN1P", "serves")
            terminal.type("y")
            code, rest = terminal.finish()
        self.assertEqual(code, case.REFUSED, rest)
        self.assertIn("SN1P is alive", rest)
        self.assert_untouched(*self.cluster.nodes)
        self.assertNotEqual(self.mn.state_of("SN1P"), "failed")

    def test_a_colleague_was_faster(self) -> None:
        self.cluster.cut(self.sn1)
        with Terminal(self.mn.start, "snctl", "takeover", "SN1P") as terminal:
            terminal.read_until(r"\[y/N\] ")
            self.assert_exit(self.takeover("SN1P"), case.VERIFIED)
            terminal.type("y")
            code, rest = terminal.finish()
        self.assertEqual(code, case.REFUSED, rest)
        self.assertIn("T1 (root) moved them to SN2P meanwhile", rest)


if __name__ == "__main__":
    case.main()
