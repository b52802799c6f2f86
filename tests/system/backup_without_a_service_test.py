#!/usr/bin/python3 -B
"""The backup lives, and one of its services is dead, or answers and serves nobody."""

from cluster import case, wait
from cluster.facts import words
from cluster.terminal import Terminal


class BackupCase(case.SystemCase):
    nodes = (1, 2)

    def stop(self, program: str) -> None:
        """On SN2P, and what asks there notices."""
        self.sn2.kill(program)

    def start(self, program: str, *arguments: str) -> None:
        self.sn2.run(program, *arguments)


class WithoutNames(BackupCase):
    def test_is_announced_forced_and_mended_by_itself(self) -> None:
        self.stop("dnsmasq")
        self.cluster.cut(self.sn1)
        plan = " ".join(self.mn.snctl("plan", "SN1P").text.split())
        self.assertIn("BACKUP SN2P 53/udp SILENT for 2 of 2 123/udp ok", plan)
        self.assertIn("53/udp of SN2P is silent", plan)
        reason, cure = self.assert_refused(self.takeover("SN1P"))
        self.assertEqual(reason, "SN2P does not serve 2 nodes on 53/udp")
        self.assertIn("snctl takeover SN1P --force", cure)
        self.assert_untouched(*self.cluster.nodes)

        moved = self.takeover("SN1P", "--force")
        self.assert_exit(moved, case.NOT_FINE)
        self.assertTrue(moved.json["forced"])
        self.assertEqual(set(self.verdicts(moved).values()), {"partly"})
        self.assertIn("SN2P does not answer on 53/udp",
                      words(self.result(moved, "cn001")["reason"]))
        self.assertEqual(self.cluster["cn001"].route_to("10.1.0.1"),
                         self.sn2.address(self.cluster["cn001"].entry.network),
                         "the route has moved all the same")
        self.start("dnsmasq")
        for node in ("cn001", "cn002"):
            self.wait_verdict(node, "verified")
        for node in self.cluster.nodes:
            self.assert_bound(node, self.sn2)

    def test_the_question_says_so(self) -> None:
        self.stop("dnsmasq")
        self.cluster.cut(self.sn1)
        with Terminal(self.mn.start, "snctl", "takeover", "SN1P") as terminal:
            before = terminal.read_until(r"Move 2 nodes from SN1P to SN2P\? \[y/N\] ")
            self.assertIn("SN2P does not answer on 53/udp", before)
            terminal.type("y")
            self.assertEqual(terminal.finish()[0], case.NOT_FINE)

    def test_where_nothing_burns_nobody_is_moved(self) -> None:
        self.stop("dnsmasq")
        planned = self.takeover("SN1P", "--planned")
        self.assert_exit(planned, case.NOT_FINE)
        self.assertEqual(set(self.verdicts(planned).values()), {"blocked"})
        self.assert_untouched(*self.cluster.nodes)


class WithoutTime(BackupCase):
    def test_everything_moves_and_time_is_named(self) -> None:
        self.stop("chronyd")
        self.cluster.cut(self.sn1)
        moved = self.takeover("SN1P")
        self.assert_exit(moved, case.NOT_FINE)
        self.assertEqual(set(self.verdicts(moved).values()), {"partly"})
        for node in ("cn001", "cn002"):
            self.assertIn("123/udp", words(self.result(moved, node)["reason"]))
        self.start("chronyd", "-x")
        for node in ("cn001", "cn002"):
            self.wait_verdict(node, "verified")


class WithNamesThatFail(BackupCase):
    def test_an_error_is_no_answer(self) -> None:
        self.stop("dnsmasq")
        # Without a zone and without a forwarder it says REFUSED to everything.
        self.start("dnsmasq", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--user=root",
                   "--group=root", "--pid-file=/run/dnsmasq.pid")
        self.cluster.cut(self.sn1)
        plan = " ".join(self.mn.snctl("plan", "SN1P").text.split())
        self.assertIn("53/udp FAILS for 2 of 2", plan)
        reason, _ = self.assert_refused(self.takeover("SN1P"))
        self.assertIn("53/udp", reason)
        moved = self.takeover("SN1P", "--force")
        self.assertEqual(set(self.verdicts(moved).values()), {"partly"})
        self.assertEqual(words(self.result(moved, "cn001")["reason"]),
                         "SN2P answers on 53/udp, but with an error (SERVFAIL or REFUSED)")
        self.stop("dnsmasq")
        self.start("dnsmasq")
        for node in ("cn001", "cn002"):
            self.wait_verdict(node, "verified")


class WithAClockThatFollowsNobody(BackupCase):
    def test_is_named(self) -> None:
        self.stop("chronyd")
        self.sn2.tree.file("/etc/chrony/chrony.conf", "allow 10.1.0.0/16\n")
        self.start("chronyd", "-x")
        self.cluster.cut(self.sn1)
        moved = self.takeover("SN1P")
        self.assertEqual(set(self.verdicts(moved).values()), {"partly"})
        self.assertEqual(words(self.result(moved, "cn001")["reason"]),
                         "SN2P answers on 123/udp, but its clock follows nobody")


class WithoutLog(BackupCase):
    """cn001 sends its log by TCP, the other one by UDP."""

    def setUp(self) -> None:
        super().setUp()
        node = self.cluster["cn001"]
        target = self.sn1.address(node.entry.network)
        node.path("/etc/rsyslog.d/remote.conf").write_text(
            f'action(type="omfwd" target="{target}" port="514" protocol="tcp")\n')
        node.restart("rsyslog")

    def test_a_closed_port_is_named_and_asked_again(self) -> None:
        self.stop("rsyslogd")
        self.cluster.cut(self.sn1)
        plan = " ".join(self.mn.snctl("plan", "SN1P").text.split())
        self.assertIn("514/tcp SILENT for 1 of 1", plan)
        moved = self.takeover("SN1P")
        for node, port in (("cn001", "514/tcp"), ("cn002", "514/udp")):
            self.assertEqual(self.result(moved, node)["verdict"], "partly")
            self.assertEqual(words(self.result(moved, node)["reason"]),
                             f"SN2P does not answer on {port}")
        self.start("rsyslogd")
        for node in ("cn001", "cn002"):
            self.wait_verdict(node, "verified")

    def test_a_test_line_goes_out(self) -> None:
        self.cluster.cut(self.sn1)
        self.assert_exit(self.takeover("SN1P"), case.VERIFIED)
        for node in self.cluster.nodes:
            line = f"SN0313 T1 {node.name} the log goes to SN2P: a test line"
            wait.until(f"{node.name}'s test line arrives",
                       lambda: line in self.sn2.received(node.entry.address))


class BackWithoutNames(BackupCase):
    def test_a_failback_asks_the_same(self) -> None:
        self.cluster.cut(self.sn1)
        self.assert_exit(self.takeover("SN1P"), case.VERIFIED)
        self.cluster.join(self.sn1)
        self.sn1.kill("dnsmasq")
        self.assert_exit(self.mn.snctl("sn", "clear", "SN1P", "--yes"), case.VERIFIED)
        back = self.mn.snctl("failback", "T1", "--yes", "--json")
        self.assert_exit(back, case.NOT_FINE)
        self.assertEqual(set(self.verdicts(back).values()), {"blocked"})
        self.assertIn("SN1P does not answer on 53/udp",
                      words(self.result(back, "cn001")["reason"]))
        for node in self.cluster.nodes:
            self.assert_bound(node, self.sn2)


if __name__ == "__main__":
    case.main()
