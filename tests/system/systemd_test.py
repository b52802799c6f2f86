#!/usr/bin/python3 -B
"""The node's first process is systemd: services are units, and so is the agent."""

import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

from cluster import case, wait, world
from cluster.cluster import REPOSITORY, Cluster
from cluster.host import children, start_time
from cluster.inventory import MANAGEMENT, NODE_B
from cluster.systemd_node import SystemdNode, Unit

# Asks as the coordinator does.
ASK = ("import socket; s = socket.socket(socket.AF_UNIX); s.connect('/run/sncoord-enrol.sock');"
       "s.sendall(b'cn001\\n'); print(s.makefile().read())")


# How often of a hundred times he is told that it is too often.
_ASKS_OFTEN = """
import socket
refused = 0
for _ in range(100):
    asks = socket.socket(socket.AF_UNIX)
    asks.connect("/run/sncoord/control.sock")
    asks.sendall(b'{"command":"history"}\\n')
    refused += b"too often" in asks.recv(65536)
print(refused)
"""


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

    # --- The other units, on the same machine ----------------------------------------------------

    def add_unit(self, path: str, **settings: str) -> str:
        """A unit of packaging/ with some settings of its own; returns its name."""
        name = Path(path).name
        self.node.path(f"/run/systemd/system/{name}").write_text(
            (REPOSITORY / "packaging" / path).read_text())
        if settings:
            drop_in = self.node.path(f"/run/systemd/system/{name}.d")
            drop_in.mkdir()
            lines = "".join(f"{key}=\n{key}={value}\n" for key, value in settings.items())
            (drop_in / "test.conf").write_text(f"[Service]\n{lines}")
        self.node.run("systemctl", "daemon-reload")
        return name

    def status_of(self, pid: int) -> dict[str, str]:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return dict(line.split(":\t", 1) for line in lines if ":\t" in line)

    def configure_coordinator(self) -> str:
        etc = self.node.path("/etc/sncoord")
        etc.mkdir()
        (etc / "cluster.toml").write_text(self.mn.read("/etc/sncoord/cluster.toml"))
        (etc / "sncoordd.toml").write_text('listen = ["tcp://127.0.0.1:7400"]\n'
                                           'control_group = "operators"\n'
                                           'reading_group = "games"\n')
        return self.add_unit("systemd/sncoordd.service", ExecStart="/usr/local/bin/sncoordd")

    def start_coordinator(self, unit: str) -> dict[str, str]:
        self.node.run("systemctl", "start", unit)
        log = Unit(self.node, unit)
        wait.until("it is ready", lambda: "ready" in log.text() and
                   self.node.run("snctl", "status", check=False).returncode != case.ERROR,
                   state=log.text)
        self.assertNotIn("SN0914", log.text(), "it has its raw sockets")
        return self.status_of(self.node.service_pid(unit))

    def as_user(self, user: str, groups: str, *command: str) -> subprocess.CompletedProcess[str]:
        return self.node.run("setpriv", f"--reuid={user}", f"--regid={user}", f"--groups={groups}",
                             *command, check=False)

    def assert_coordinators_own(self) -> None:
        found = self.node.output("find", "/var/lib/sncoord", "-printf", "%u %g %m %p\n").split("\n")
        self.assertIn("sncoord sncoord 700 /var/lib/sncoord", found)
        self.assertIn("sncoord sncoord 600 /var/lib/sncoord/coordinator.key", found)
        self.assertEqual([line for line in found if line and not line.startswith("sncoord ")], [])

    def test_the_coordinator_has_a_user_and_no_right_after_its_start(self) -> None:
        unit = self.configure_coordinator()
        # What root made before the first start must not be in the way.
        key = self.node.output("sncoordd", "key").strip()
        self.assertEqual(self.node.path("/var/lib/sncoord").stat().st_uid, 0)
        status = self.start_coordinator(unit)
        for field in ("Uid", "Gid"):
            self.assertEqual(set(status[field].split()), {"981"})
        self.assertEqual(status["Groups"].split(), ["981"])
        self.assertEqual((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"))
        self.assertEqual(int(status["CapBnd"], 16), 1 << 13, "CAP_NET_RAW")
        for field in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
            self.assertEqual(int(status[field], 16), 0, field)
        self.assert_coordinators_own()
        socket = self.node.path("/run/sncoord/control.sock").stat()
        # The middle three are the mask of its access control list.
        self.assertEqual((socket.st_uid, socket.st_gid, socket.st_mode & 0o777), (981, 981, 0o660))
        # Root, a member of the group, and nobody else.
        self.assertNotEqual(self.node.run("snctl", "status", check=False).returncode, case.ERROR)
        member = self.as_user("games", "operators", "snctl", "status", "--json")
        self.assertIn('"nodes"', member.stdout, member.stderr)
        other = self.as_user("daemon", "daemon", "snctl", "status")
        self.assertEqual(other.returncode, case.ERROR, other.stdout + other.stderr)
        # Who may read looks, also at what comes, and does nothing else.
        for look in ("status", "history", "keys list"):
            reader = self.as_user("games", "games", "snctl", *look.split(), "--json")
            self.assertNotEqual(reader.returncode, case.ERROR, reader.stderr)
        for act in ("freeze", "plan SN1P", "takeover SN1P --yes", "keys revoke cn001"):
            reader = self.as_user("games", "games", "snctl", *act.split())
            self.assertEqual(reader.returncode, case.ERROR, reader.stdout)
            self.assertIn("members of reading_group may look, and nothing else", reader.stderr)
        self.assertRegex(Unit(self.node, unit).text(), r'games \(5\) by pid \d+, snctl: '
                         r'{"command":"freeze","frozen":true} -> refused: may only look')
        # Nor does he keep the others from it, or fill their log.
        asked = self.as_user("games", "games", "/usr/bin/python3", "-c", _ASKS_OFTEN)
        refused = int(asked.stdout)
        self.assertGreater(refused, 1, asked.stderr)
        self.assertLess(Unit(self.node, unit).text().count("refused: too often"), refused)
        self.assertNotEqual(self.node.run("snctl", "status", check=False).returncode, case.ERROR)
        self.node.run("systemctl", "restart", unit)
        self.start_coordinator(unit)
        self.assertIn(key, self.node.output("setpriv", "--reuid=sncoord", "--regid=sncoord",
                                            "--clear-groups", "sncoordd", "key"))

    def test_root_may_ask_for_the_key_of_a_coordinator_that_runs(self) -> None:
        unit = self.configure_coordinator()
        self.start_coordinator(unit)
        self.assertEqual(self.node.run("sncoordd", "key", check=False).stderr, "")

    def test_a_new_key_of_roots_is_the_coordinators(self) -> None:
        unit = self.configure_coordinator()
        self.start_coordinator(unit)
        self.node.run("systemctl", "stop", unit)
        self.node.path("/var/lib/sncoord/coordinator.key").unlink()
        self.node.run("sncoordd", "key")
        self.assert_coordinators_own()

    def test_a_coordinator_that_was_roots_goes_on_as_its_user(self) -> None:
        unit = self.configure_coordinator()
        self.node.path("/run/sncoord").mkdir()
        old = self.node.start("sncoordd")
        wait.until("root's answers", lambda: self.node.run("snctl", "status", check=False)
                   .returncode != case.ERROR)
        os.kill(children(old.pid)[0], signal.SIGKILL)     # as hard as it can go
        old.communicate()
        self.assertEqual(self.node.path("/var/lib/sncoord/state.db").stat().st_uid, 0)
        self.assertTrue(self.node.path("/run/sncoord/control.sock").exists())
        self.start_coordinator(unit)
        self.assert_coordinators_own()

    def test_only_the_coordinator_has_a_node_asked_for_its_key(self) -> None:
        self.configure_coordinator()
        self.node.write("/etc/passwd", self.node.read("/etc/passwd") +
                        "sn-enrol:x:990:990::/:/usr/sbin/nologin\n")
        self.node.write("/etc/group", self.node.read("/etc/group") + "sn-enrol:x:990:\n")
        self.node.path("/etc/sncoord/enrol-command").write_text("/usr/bin/printf\nkey of {node}\n")
        asks = self.node.path("/run/sn-ask-node")
        asks.write_text((REPOSITORY / "packaging/enrolment/sn-ask-node").read_text())
        asks.chmod(0o755)
        self.add_unit("enrolment/sn-enrol@.service", ExecStart="/run/sn-ask-node")
        self.node.run("systemctl", "start", self.add_unit("enrolment/sn-enrol.socket"))
        socket = self.node.path("/run/sncoord-enrol.sock").stat()
        self.assertEqual((socket.st_uid, socket.st_mode & 0o777), (981, 0o600))
        ask = ("/usr/bin/python3", "-c", ASK)
        done = self.as_user("sncoord", "sncoord", *ask)
        self.assertEqual(done.stdout.strip(), "key of cn001", done.stderr)
        self.assertIn("PermissionError", self.as_user("games", "games", *ask).stderr)

    def test_the_forwarders_of_systemd_have_no_rights(self) -> None:
        echo = self.node.start("/usr/bin/python3", "-c", """
import socketserver
class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.sendall(b"from %d: " % self.client_address[1] + self.request.recv(64))
socketserver.ThreadingTCPServer(("127.0.0.1", 9000), Echo).serve_forever()
""")
        self.addCleanup(echo.communicate)
        self.addCleanup(lambda: [os.kill(pid, signal.SIGKILL) for pid in children(echo.pid)])
        self.node.path("/etc/default").mkdir(exist_ok=True)
        self.node.path("/etc/default/sn-forwarder").write_text(
            "COORDINATOR=127.0.0.1:9000\nKNOCKS=127.0.0.1:9000\n")
        for name, port in (("sn-forwarder", 7400), ("sn-forwarder-knocks", 7401)):
            with self.subTest(name):
                service = self.add_unit(f"forwarder/{name}.service")
                self.node.run("systemctl", "start", self.add_unit(f"forwarder/{name}.socket"))
                # From a port that only root has: it must not be passed on.
                asked = ("/usr/bin/python3", "-c",
                         f"import socket; s = socket.create_connection(('127.0.0.1', {port}), 20,"
                         "('127.0.0.1', 700)); s.sendall(b'hello'); print(s.recv(64).decode())")
                said = wait.until("it is passed on", lambda: self.node.run(
                    *asked, check=False).stdout.strip(), state=Unit(self.node, service).text)
                self.assertGreaterEqual(int(said.split()[1].rstrip(":")), 1024, said)
                self.assertTrue(said.endswith("hello"), said)
                status = self.status_of(self.node.service_pid(service))
                self.assertNotIn("0", status["Uid"].split())
                for field in ("CapBnd", "CapPrm", "CapEff", "CapAmb"):
                    self.assertEqual(int(status[field], 16), 0, field)
                self.assertEqual((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"))

    def test_the_agents_unit_takes_nothing_away_that_it_needs(self) -> None:
        tries = {"unshare -m true": True, "mount -t tmpfs probe /mnt; umount /mnt": True,
                 "ip route add 10.9.9.0/24 dev lo; ip route del 10.9.9.0/24": True,
                 "touch /run/p; chown 33:33 /run/p; chmod 640 /run/p": True,
                 "setpriv --reuid=33 --regid=33 --clear-groups true": True,
                 "readlink /proc/1/exe": True, "systemctl is-active rsyslog": True,
                 "unshare -n true": False, "mknod /run/null c 1 3": False,
                 "touch /run/s; chmod 4755 /run/s": False}
        script = self.node.path("/run/tries")
        script.write_text("#!/bin/bash\n" + "".join(
            f"echo \"$(bash -ec {shlex.quote(command)} >/dev/null 2>&1; echo $?) {command}\"\n"
            for command in tries))
        script.chmod(0o755)
        unit = self.node.path("/run/systemd/system/probe.service")
        text = (REPOSITORY / "packaging/systemd/snagentd.service").read_text()
        text = text.replace("Type=exec", "Type=oneshot").replace("Restart=always", "Restart=no")
        text = text.replace("RuntimeDirectory=snagent", "RuntimeDirectory=probe")
        unit.write_text(text.replace("/usr/sbin/snagentd run", "/run/tries"))
        self.node.run("systemctl", "daemon-reload")
        self.node.run("systemctl", "start", "probe.service")
        lines = Unit(self.node, "probe.service").text().splitlines()
        done = {line.split(" ", 1)[1]: line.startswith("0 ") for line in lines
                if line[:1].isdigit()}
        self.assertEqual(done, tries)

    def the_readmes_commands(self) -> list[str]:
        """As they stand there: what makes the place, what copies to it, what keeps the agent."""
        text = (REPOSITORY / "packaging/README.md").read_text()
        text = text[text.index("**Nothing may be written to the root**"):]
        blocks = re.findall(r"(?:^    [^\n]*\n)+", text, re.MULTILINE)[:3]
        self.assertEqual([block.split()[0] for block in blocks], ["mkdir", "tar", "systemd-run"])
        return [re.sub("^    ", "", block, flags=re.MULTILINE) for block in blocks]

    def test_the_readmes_way_for_a_root_that_nobody_may_write(self) -> None:
        make, copy, keep = self.the_readmes_commands()
        self.node.agent.stop()
        wait.until("it is gone", lambda: not self.mn.rows()["cn001"]["connected"])
        for path in ("snagentd.service", "snagentd.service.d/path.conf"):
            self.node.run("rm", f"/etc/systemd/system/{path}")
        self.node.run("systemctl", "daemon-reload")
        # A tree that has the files, for the command that copies them; its ssh leads to the node itself.
        self.node.run("sh", "-ec", "mkdir -p /tmp/tree/usr/sbin /tmp/tree/etc /run/bin;"
                                   "cp /usr/local/bin/snagentd /tmp/tree/usr/sbin;"
                                   "mv /etc/snagent /tmp/tree/etc;"
                                   "printf '#!/bin/sh\\nshift; eval \"$*\"\\n' >/run/bin/ssh;"
                                   "chmod 755 /run/bin/ssh; sed -i /^snagent:/d /etc/passwd /etc/group")
        # A user was there first, wherever a user can be.
        place = keep.split()[-4].rsplit("/", 1)[0]
        first = self.as_user("games", "games", "mkdir", "-p", place)
        self.assertNotEqual(first.returncode, 0, f"a user made {place} before root did")
        self.node.run("sh", "-ec", make)
        mounted = self.node.output("findmnt", "-n", "-o", "FSTYPE,OPTIONS", place)
        self.assertRegex(mounted, "^tmpfs .*nosuid.*nodev")
        self.assertNotIn("noexec", mounted)
        self.node.run("sh", "-ec", f"cd /tmp/tree; PATH=/run/bin:$PATH; {copy}")
        for path in (place, f"{place}/snagentd", f"{place}/agent.toml", f"{place}/cluster.toml"):
            info = self.node.path(path).stat()
            self.assertEqual((info.st_uid, info.st_gid, info.st_mode & 0o022), (0, 0, 0), path)
        self.node.replace_in(f"{place}/agent.toml", "/etc/snagent/cluster.toml",
                             f"{place}/cluster.toml")
        self.node.write(f"{place}/agent.toml",
                        'user = "games"\n' + self.node.read(f"{place}/agent.toml"))
        self.node.run("sh", "-ec", keep)
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


class Forwarder(case.SystemCase):
    """sn-forwarder, for service nodes whose first process is not systemd."""

    nodes = (7,)    # reaches the management node through forwarders only

    def test_it_has_no_rights_and_is_enough_for_a_takeover(self) -> None:
        self.cluster.wait_connected("cn007")
        found = self.sn1.pids("systemd-socket-")
        self.assertEqual(len(found), 2, "one a port")
        for pid in found:
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
            status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
            for field in ("Uid", "Gid"):
                self.assertEqual(set(status[field].split()), {"982"})
            self.assertEqual(status["Groups"].strip(), "")
            for field in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
                self.assertEqual(int(status[field], 16), 0, field)
            self.assertEqual(status["NoNewPrivs"], "1")
            limits = Path(f"/proc/{pid}/limits").read_text()
            # 131072, or what this machine lets root have.
            self.assertRegex(limits, r"Max open files +([0-9]+) +\1 ")
            self.assertRegex(limits, r"Max core file size +0 +0")
        self.cluster.cut(self.sn1)
        self.assert_exit(self.takeover("SN1P"), case.VERIFIED)

    def test_its_readmes_firewall_bounds_what_one_source_may_do(self) -> None:
        text = (REPOSITORY / "packaging/forwarder/README.md").read_text()
        found = re.search(r"^    table inet .*?^    }$", text, re.MULTILINE | re.DOTALL)
        assert found, "the README has one"
        self.sn1.run("nft", "-f", "-", stdin=found.group())
        self.cluster.wait_connected("cn007")
        # Opens as many as it is let, and keeps them.
        opens = ("/usr/bin/python3", "-c",
                 "import socket\nheld = []\nfor i in range(60):\n"
                 "    try: held.append(socket.create_connection(('{}', 7400), 0.2))\n"
                 "    except OSError: pass\nprint(len(held))")
        many = [word.replace("{}", self.sn1.address(NODE_B)) for word in opens]
        count = int(self.cluster["cn007"].output(*many))
        self.assertTrue(20 <= count <= 45, count)
        # Not of the nodes' network: not one.
        one = [word.replace("{}", self.sn1.address(MANAGEMENT)).replace("60", "2") for word in opens]
        self.assertEqual(self.mn.output(*one).strip(), "0")
        wait.until("the node is connected all the same", lambda: self.mn.rows()["cn007"]["connected"])

    def test_without_its_user_or_setpriv_it_says_so_and_does_not_run(self) -> None:
        command = ("sn-forwarder", "10.1.0.1:7400", "7500")
        self.sn1.run("sh", "-ec", "mkdir /run/few; for p in id grep systemd-socket-activate; do"
                                  " ln -s $(command -v $p) /run/few/; done")
        few = self.sn1.run("/bin/sh", "-c", f"PATH=/run/few exec /bin/sh /usr/local/sbin/"
                                            f"{' '.join(command)}", check=False)
        self.assertEqual(few.returncode, 1)
        self.assertIn("needs setpriv", few.stderr)
        for path in ("/etc/group", "/etc/passwd"):
            self.sn1.run("sed", "-i", "/^snforward:/d", path)
            gone = self.sn1.run(*command, check=False)
            self.assertEqual(gone.returncode, 1)
            self.assertIn("no snforward in /etc/", gone.stderr)
            self.assertIn("useradd --system", gone.stderr)


class CoordinatorByHand(case.SystemCase):
    """The commands of the documents for a management node whose first process is not systemd."""

    nodes = (1,)

    def commands(self, document: str, begin: str) -> str:
        text = (REPOSITORY / "packaging" / document).read_text()
        blocks = [re.sub("^    ", "", block, flags=re.MULTILINE)
                  for block in re.findall(r"(?:^    [^\n]*\n)+", text, re.MULTILINE)]
        return next(block for block in blocks if block.startswith(begin))

    def test_it_runs_as_its_user_with_what_was_roots(self) -> None:
        self.mn.coordinator.stop()
        text = self.commands("README.md", "install -d -m 700 /var/lib/sncoord")
        started = self.mn.start("sh", "-ec", text.replace("/usr/sbin/", ""))
        self.addCleanup(started.communicate)
        self.addCleanup(lambda: self.mn.kill("sncoordd"))
        wait.until("it answers", lambda: self.mn.snctl("status").exit != case.ERROR)
        self.cluster.wait_connected("cn001")
        pid, = self.mn.pids("sncoordd")
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
        self.assertEqual(set(status["Uid"].split()), {"981"})
        self.assertEqual((int(status["CapBnd"], 16), status["NoNewPrivs"]), (1 << 13, "1"))
        self.cluster.cut(self.sn1)
        self.assert_exit(self.takeover("SN1P"), case.VERIFIED)

    def test_only_it_has_a_node_asked_for_its_key(self) -> None:
        self.mn.write("/etc/passwd", self.mn.read("/etc/passwd") +
                      "sn-enrol:x:990:990::/:/usr/sbin/nologin\n")
        self.mn.write("/etc/group", self.mn.read("/etc/group") + "sn-enrol:x:990:\n")
        self.mn.path("/etc/sncoord/enrol-command").write_text("/usr/bin/id\n-un\n")
        asks = self.mn.path("/run/sn-ask-node")
        asks.write_text((REPOSITORY / "packaging/enrolment/sn-ask-node").read_text())
        asks.chmod(0o755)
        text = self.commands("enrolment/README.md", "systemd-socket-activate")
        started = self.mn.start("sh", "-c", text.replace("/usr/sbin/sn-ask-node", "/run/sn-ask-node"),
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(lambda: self.mn.kill("systemd-socket-"))
        self.assertEqual(started.wait(wait.DEADLINE_S), 0)
        socket = self.mn.path("/run/sncoord-enrol.sock").stat()
        self.assertEqual((socket.st_uid, socket.st_mode & 0o777), (981, 0o600))
        done = self.mn.run("setpriv", "--reuid=sncoord", "--regid=sncoord", "--clear-groups",
                           "/usr/bin/python3", "-c", ASK)
        self.assertEqual(done.stdout.strip(), "sn-enrol")


if __name__ == "__main__":
    case.main(with_control_group=True)
