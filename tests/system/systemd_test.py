#!/usr/bin/python3 -B
"""The node's first process is systemd: services are units, and so is the agent."""

import os
import re
import signal
import sys

from cluster import case, wait, world
from cluster.cluster import REPOSITORY, Cluster
from cluster.host import start_time
from cluster.systemd_node import SystemdNode


class Systemd(case.SystemCase):
    nodes = (1,)

    def make_cluster(self) -> Cluster:
        return Cluster(tuple(self.nodes), kind=SystemdNode)

    def setUp(self) -> None:
        if world.group is None:
            self.skipTest("no cgroup2 on this machine")
        super().setUp()
        self.node = self.cluster["cn001"]
        self.addCleanup(lambda: print(self.node.agent.text(), file=sys.stderr)
                        if self._outcome and not self._outcome.success else None)

    def test_services_are_restarted_by_systemctl(self) -> None:
        self.assertEqual(os.readlink(self.node.path("/proc/1/exe")), "/usr/lib/systemd/systemd")
        before = self.node.unit("rsyslog")
        self.cluster.cut(self.sn1)
        self.assert_exit(self.takeover("SN1P"), case.VERIFIED)
        self.assert_bound(self.node, self.sn2)
        after = self.node.unit("rsyslog")
        self.assertEqual(after["ActiveState"], "active")
        self.assertNotEqual(before["InvocationID"], after["InvocationID"],
                            "systemd itself restarted it")

    def test_units_of_processes_that_only_bear_a_daemons_name_are_left_alone(self) -> None:
        # A user's program, and root's own one that is a part of something else.
        self.node.run("sh", "-ec", "mkdir /srv/job; cp /bin/sleep /srv/job/rsyslogd;"
                                   "echo '*.* /dev/null' > /run/other.conf")
        units = {"job": "User=nobody\nExecStart=/srv/job/rsyslogd 600\n",
                 "prolog": "ExecStart=/bin/sh -c '/usr/sbin/rsyslogd -n -i NONE -f"
                           " /run/other.conf & wait'\n"}
        for name, text in units.items():
            self.node.path(f"/run/systemd/system/{name}.service").write_text(f"[Service]\n{text}")
        self.node.run("systemctl", "daemon-reload")
        self.node.run("systemctl", "start", *units)
        wait.until("they run", lambda: self.node.output("pgrep", "-c", "rsyslogd").strip() == "3",
                   state=lambda: self.node.output("ps", "ax"))
        before = {name: self.node.unit(name)["InvocationID"] for name in units}
        self.cluster.cut(self.sn1)
        self.assert_exit(self.takeover("SN1P"), case.VERIFIED)
        self.assert_bound(self.node, self.sn2)
        self.assertEqual({name: self.node.unit(name)["InvocationID"] for name in units}, before)

    def test_a_stopped_service_stays_stopped(self) -> None:
        self.node.run("systemctl", "stop", "chrony")
        self.cluster.cut(self.sn1)
        self.assert_exit(self.takeover("SN1P"), case.VERIFIED)
        self.assertEqual(self.node.unit("chrony")["ActiveState"], "inactive")
        self.assertIn("server 10.1.1.101 iburst\n", self.node.read("/etc/chrony/chrony.conf"))

    def test_the_agent_shares_the_nodes_mounts_and_comes_back(self) -> None:
        pid = self.node.agent.pid
        self.assertEqual(os.readlink(f"/proc/{pid}/ns/mnt"),
                         os.readlink(f"/proc/{self.node.init}/ns/mnt"),
                         "its mounts would not reach the node")
        self.assertEqual(self.node.executor, pid, "the executor is the unit's main process")
        key = self.node.output("snagentd", "key")
        born = start_time(pid)
        os.kill(pid, signal.SIGKILL)
        wait.until("systemd has started it again",
                   lambda: self.node.agent.pid and start_time(self.node.agent.pid) != born)
        wait.until("it is connected again", lambda: self.mn.rows()["cn001"]["connected"])
        self.assertEqual(self.node.output("snagentd", "key"), key, "with the same key")

    def test_the_readmes_way_for_a_root_that_nobody_may_write(self) -> None:
        text = (REPOSITORY / "packaging/README.md").read_text()
        found = re.search(r"^    systemd-run (?:[^\n]*\\\n)*[^\n]*", text, re.MULTILINE)
        assert found, "the README says how"
        self.node.agent.stop()
        wait.until("it is gone", lambda: not self.mn.rows()["cn001"]["connected"])
        for path in ("snagentd.service", "snagentd.service.d/path.conf"):
            self.node.run("rm", f"/etc/systemd/system/{path}")
        self.node.run("systemctl", "daemon-reload")
        self.node.run("sh", "-ec", "mkdir /run/snkeeper; cp /usr/local/bin/snagentd /run/snkeeper;"
                                   "cp /etc/snagent/*.toml /run/snkeeper;"
                                   "sed -i 's,^directory = .*,directory = "
                                   "\"/run/snkeeper/cluster.toml\",' /run/snkeeper/agent.toml;"
                                   "rm -r /etc/snagent")
        self.node.run("sh", "-ec", found.group())
        wait.until("it is connected", lambda: self.mn.rows()["cn001"]["connected"])
        pid = self.node.agent.pid
        self.assertEqual(os.readlink(f"/proc/{pid}/exe"), "/run/snkeeper/snagentd")
        born = start_time(pid)
        os.kill(pid, signal.SIGKILL)
        wait.until("systemd has started it again",
                   lambda: self.node.agent.pid and start_time(self.node.agent.pid) != born)
        wait.until("it is connected again", lambda: self.mn.rows()["cn001"]["connected"])
        self.cluster.cut(self.sn1)
        self.assert_exit(self.takeover("SN1P"), case.VERIFIED)
        self.assertEqual(self.node.time_sources(), {self.sn2.address(self.node.entry.network)})


if __name__ == "__main__":
    case.main(with_control_group=True)
