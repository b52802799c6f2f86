#!/usr/bin/python3 -B
"""Promises that were broken once: each test failed before its fault was mended."""

from cluster import case, files, wait
from cluster.facts import words


class FalseVerified(case.SystemCase):
    nodes = (1, 2)
    service_nodes = 3   # nobody is bound to the third

    def test_a_second_run_verifies_a_daemon_that_was_never_restarted(self) -> None:
        node = self.cluster["cn002"]
        # No way to restart is configured: what a site forgets.
        toml = node.read("/etc/snagent/agent.toml")
        node.write("/etc/snagent/agent.toml", toml[:toml.index("\n[[service]]")])
        node.agent.stop()
        node.agent.start()
        self.cluster.wait_connected("cn002")
        old = node.service_pid("rsyslog")
        with self.subTest("the plan and the rehearsal say so beforehand"):
            # The agent that was stopped may be shown until it misses its beats.
            wait.until("the new agent answers", lambda: self.mn.snctl(
                "plan", "SN1P", "--nodes", "cn002", "--planned", "--json"
            ).json["groups"][0]["outlook"] == "partly")
            for verb in ("plan", "rehearse"):
                shown = self.mn.snctl(verb, "SN1P", "--nodes", "cn002", "--planned", "--json")
                group = shown.json["groups"][0]
                self.assertEqual(group["outlook"], "partly", str(shown))
                found = {finding["place"]: finding for finding in group["findings"]
                         if finding["class"] == "not in effect"}
                self.assertIn("no [[service]] is configured", words(found["rsyslog"]["reason"]))
                self.assertIn("agent.toml", words(found["rsyslog"]["cure"]))
            screen = self.mn.snctl("plan", "SN1P", "--planned").text
            self.assertIn("rsyslog is not restarted", " ".join(screen.split()))
        self.cluster.cut(self.sn1)
        reply = self.takeover("SN1P")
        self.assertEqual(self.verdicts(reply)["cn002"], "partly", str(reply))
        self.assertEqual(self.result(reply, "cn002")["outlook"], "partly", "as its plan said")
        self.assertEqual(node.service_pid("rsyslog"), old)
        again = self.takeover("SN1P")
        self.assertEqual(node.service_pid("rsyslog"), old, "still the process with the old file")
        self.assertNotEqual(self.verdicts(again).get("cn002"), "verified", str(again))

    def test_a_second_run_verifies_a_daemon_that_was_stopped_and_did_not_start(self) -> None:
        node = self.cluster["cn002"]
        refuse = node.path("/run/refuse-rsyslog")
        refuse.touch()
        self.cluster.cut(self.sn1)
        # Its files are right after the first run, and still it is not as it was.
        for run in (("takeover", "SN1P", "--yes"), ("resume", "T1"), ("takeover", "SN1P", "--yes")):
            reply = self.mn.snctl(*run, "--json")
            self.assertEqual(self.verdicts(reply)["cn002"], "partly", run)
            found = self.result(reply, "cn002")["findings"]
            self.assertIn("rsyslog", [finding["place"] for finding in found], run)
            self.assertFalse(node.pids("rsyslogd"))
        refuse.unlink()
        reply = self.mn.snctl("resume", "T2", "--json")
        self.assertEqual(self.verdicts(reply)["cn002"], "verified")
        self.assertTrue(node.pids("rsyslogd"))

    def test_a_reconnect_verifies_a_daemon_that_was_never_restarted(self) -> None:
        node = self.cluster["cn002"]
        toml = node.read("/etc/snagent/agent.toml")
        node.write("/etc/snagent/agent.toml", toml[:toml.index("\n[[service]]")])
        node.agent.stop()
        node.agent.start()
        self.cluster.wait_connected("cn002")
        self.cluster.cut(self.sn1)
        reply = self.takeover("SN1P")
        self.assertEqual(self.verdicts(reply)["cn002"], "partly", str(reply))
        self.mn.coordinator.kill()
        self.mn.start_coordinator()
        self.cluster.wait_connected("cn002")
        # The node does one thing after the other: its plan comes after all that it says of T1.
        plan = self.mn.snctl("plan", "SN2P", "--to", "SN3P", "--nodes", "cn002", "--json")
        self.assertEqual([name for group in plan.json["groups"] for name in group["nodes"]],
                         ["cn002"], str(plan))
        self.assertEqual(self.verdict_of("cn002"), "partly")


class Unread(case.SystemCase):
    nodes = (1, 2)

    def test_a_file_that_could_not_be_read_is_not_verified(self) -> None:
        node = self.cluster["cn002"]
        path = node.path("/etc/resolv.conf")
        path.write_text(path.read_text() + "# a comment that grew\n" * 800_000)
        self.cluster.cut(self.sn1)
        reply = self.takeover("SN1P")
        self.assertIn("nameserver 10.1.1.100", path.read_text()[:4096])
        self.assertNotEqual(self.verdicts(reply)["cn002"], "verified")

    def test_too_many_routes(self) -> None:
        node = self.cluster["cn002"]
        batch = "".join(f"route add 172.{16 + i // 256}.{i % 256}.0/24 dev eth1 metric 7\n"
                        for i in range(4095))
        node.run("ip", "-batch", "-", stdin=batch)
        self.cluster.cut(self.sn1)
        reply = self.takeover("SN1P")
        gateway = node.output("ip", "route", "show", "default")
        self.assertIn("10.1.1.100", gateway)
        self.assertNotEqual(self.verdicts(reply)["cn002"], "verified")

    def test_read_only_etc(self) -> None:
        node = self.cluster["cn002"]
        node.run("mount", "--bind", "/etc", "/etc")
        node.run("mount", "-o", "remount,bind,ro", "/etc")
        before = node.read("/etc/resolv.conf")
        self.cluster.cut(self.sn1)
        reply = self.takeover("SN1P")
        # Reported, never a failure by itself: the image is where such a file changes.
        classes = [finding["class"] for finding in self.result(reply, "cn002")["findings"]]
        self.assertIn("boot-time only", classes)
        self.assertEqual(node.read("/etc/resolv.conf"), before)
        self.assertEqual(node.gateways()["default"], self.sn2.address("node-a"))


class Rebooted(case.SystemCase):
    nodes = (1, 2)

    def test_a_verified_node_that_reboots_from_the_old_image_can_be_moved_again(self) -> None:
        node = self.cluster["cn002"]
        self.cluster.cut(self.sn1)
        self.assert_exit(self.takeover("SN1P"), case.VERIFIED)
        # The root of a stateless node is the image again.
        self.before["cn002"].files
        for path in ("/etc/niminfo", "/etc/resolv.conf", "/etc/hosts", "/opt/xcat/xcatinfo",
                     "/etc/chrony/chrony.conf", "/etc/rsyslog.d/remote.conf"):
            node.write(path, self.before["cn002"].files.text(path))
        self.cluster.reboot(node, self.sn1)
        self.mn.snctl("keys", "revoke", "cn002", check=True)
        self.mn.snctl("keys", "add", "cn002", node.output("snagentd", "key").strip(), check=True)
        node.agent.start()
        self.cluster.wait_connected("cn002")
        # It converges by itself: SN1P is still marked failed.
        wait.until("the node is moved again", lambda: self.sn2.address("node-a")
                   in node.read("/etc/resolv.conf"))


class Twice(case.SystemCase):
    nodes = (1, 2)

    def test_the_same_takeover_from_two_terminals(self) -> None:
        node = self.cluster["cn002"]
        held = node.hold_start_of("rsyslog")
        self.cluster.cut(self.sn1)
        first = self.mn.begin("takeover", "SN1P", "--yes", "--json", "--timeout", "15s")
        held.wait()
        reason, cure = self.assert_refused(self.takeover("SN1P"))
        self.assertIn("T1 is already moving", reason)
        self.assertIn("snctl watch T1", cure)
        # On other terms the newer one decides.
        second = self.mn.begin("takeover", "SN1P", "--strict", "--yes", "--json",
                               "--timeout", "60s")
        wait.until("T2", lambda: '"T2"' in self.mn.snctl("history", "--json").text)
        held.let_go()
        two = self.mn.finish(second)
        one = self.mn.finish(first)
        self.assertEqual(self.verdicts(two)["cn002"], "verified")
        self.assertNotIn("pending", self.verdicts(one).values())


class HalfMoved(case.SystemCase):
    nodes = (1, 2)

    def test_a_node_that_can_not_be_finished_does_not_say_untouched(self) -> None:
        """Killed past its commit point; meanwhile an essential file became unreadable to us."""
        node = self.cluster["cn002"]
        held = node.hold_start_of("rsyslog")
        self.cluster.cut(self.sn1)
        takeover = self.mn.begin("takeover", "SN1P", "--yes", "--json", "--timeout", "30s")
        held.wait()
        node.agent.hold()
        node.kill_pid_file("/run/snagent/executor.pid")
        wait.until("the agent is dead", lambda: not node.agent.running)
        # Somebody puts it back, and it now holds what no plan can be made of.
        node.write("/etc/niminfo", "export NIM_MASTER_HOSTNAME=sn1-eth1\nexport NIM_HOSTS=\"x\n")
        held.let_go()
        node.agent.release()
        reply = self.mn.finish(takeover)
        self.assertEqual(node.gateways()["default"], self.sn2.address("node-a"), "half moved")
        self.assertNotIn(self.verdicts(reply)["cn002"], ("blocked", "failed"),
                         "blocked means untouched")


class StoppedService(case.SystemCase):
    nodes = (1, 2)

    def test_a_service_that_we_stopped_is_started_again(self) -> None:
        """The whole agent dies between the stop and the start of rsyslog (systemctl restart
        snagentd with KillMode=mixed, OOM): nobody starts it any more."""
        node = self.cluster["cn002"]
        held = node.hold_start_of("rsyslog")
        self.cluster.cut(self.sn1)
        takeover = self.mn.begin("takeover", "SN1P", "--yes", "--json", "--timeout", "30s")
        held.wait()
        node.agent.hold()
        node.kill_pid_file("/run/snagent/executor.pid")
        wait.until("the agent is dead", lambda: not node.agent.running)
        node.kill("svc")
        wait.until("svc is dead", lambda: not node.pids("svc"))
        held.let_go()
        node.agent.release()
        reply = self.mn.finish(takeover)
        self.assertFalse(self.verdicts(reply)["cn002"] == "verified" and
                         not node.pids("rsyslogd"), "verified, and rsyslogd is stopped by us")


class FullRun(case.SystemCase):
    nodes = (1, 2)

    def test_run_is_full(self) -> None:
        node = self.cluster["cn002"]
        node.run("mount", "-t", "tmpfs", "-o", "size=64k", "full", "/mnt", check=False)
        node.agent.stop()
        node.run("sh", "-c", "mkdir -p /run/snagent && mount -t tmpfs -o size=32k,mode=755 r /run/snagent")
        self.mn.snctl("keys", "revoke", "cn002", check=True)
        self.mn.snctl("keys", "add", "cn002", node.output("snagentd", "key").strip(), check=True)
        node.agent.start()
        self.cluster.wait_connected("cn002")
        node.run("sh", "-c", "dd if=/dev/zero of=/run/snagent/fill bs=1k; true", check=False)
        self.before = {each.name: case.Before(each) for each in self.cluster.nodes}
        self.cluster.cut(self.sn1)
        reply = self.takeover("SN1P", "--timeout", "10s")
        self.assert_untouched(node)
        self.assertTrue(words(self.result(reply, "cn002")["reason"]), "blocked, and nobody says why")
        node.run("rm", "/run/snagent/fill")
        node.agent.stop()
        node.agent.start()
        self.cluster.wait_connected("cn002")
        reply = self.takeover("SN1P", "--timeout", "10s")


class Question(case.SystemCase):
    nodes = (1, 2)

    def test_a_pipe_is_no_yes(self) -> None:
        self.cluster.cut(self.sn1)
        reply = self.mn.run("sh", "-c", "snctl takeover SN1P | cat", check=False)
        self.assertIn("--yes", reply.stderr)
        self.assert_untouched(*self.cluster.nodes)


if __name__ == "__main__":
    case.main()
