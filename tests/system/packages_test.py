#!/usr/bin/python3 -B
"""The Debian packages are installed, upgraded, removed and purged, in a chroot of a real Debian."""

import os
import re
import tomllib
import unittest
from pathlib import Path
from tempfile import mkdtemp

from cluster import case, image, kernel
from cluster.cluster import REPOSITORY
from cluster.image import must, run

AGENT, COORDINATOR, FORWARDER = "snkeeper-agent", "snkeeper-coordinator", "snkeeper-forwarder"
USERS = ("snagent", "sncoord", "snforward")
TABLES = ("/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow")
UNITS = "/usr/lib/systemd/system"
WANTS = "/etc/systemd/system"

# Writes down what it is asked for; links are made by the real one (deb-systemd-helper asks it).
RECORDER = """\
#!/bin/sh
case "$*" in *preset*) exec /usr/bin/systemctl.real "$@" ;; esac
echo "${0##*/} $*" >>/calls
case "$*" in *is-active*) [ -e /running ] ;; esac
"""


class Packages(unittest.TestCase):
    def setUp(self) -> None:
        # This machine's own file system, with every change kept apart: all that a Debian has.
        room = mkdtemp(prefix="debian-")
        for name in ("upper", "work", "root"):
            os.mkdir(f"{room}/{name}")
        kernel.mount("debian", f"{room}/root", "overlay", 0,
                     f"lowerdir=/,upperdir={room}/upper,workdir={room}/work")
        self.root = Path(f"{room}/root")
        self.addCleanup(must, "umount", self.root)
        # An earlier installation on this machine is no part of the test.
        run("dpkg", f"--root={self.root}", "--purge", AGENT, COORDINATOR, FORWARDER)
        for path in TABLES:
            self[path].write_text("".join(line for line in self[path].read_text().splitlines(True)
                                          if line.split(":")[0] not in USERS))
        self["/usr/bin/systemctl"].rename(self["/usr/bin/systemctl.real"])
        self["/usr/bin/deb-systemd-invoke"].unlink()
        for name in ("systemctl", "deb-systemd-invoke"):
            program = self[f"/usr/bin/{name}"]
            program.write_text(RECORDER)
            program.chmod(0o755)

    def __getitem__(self, path: str) -> Path:
        return self.root / path.lstrip("/")

    def dpkg(self, *words: object) -> str:
        return must("dpkg", f"--root={self.root}", "--force-confold", *words,
                    env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})

    def calls(self) -> list[str]:
        """What the maintainer scripts asked of systemd since the last time."""
        path = self["/calls"]
        found = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return found

    def boot(self) -> None:
        """systemd runs now, as the packages see it."""
        self["/run/systemd/system"].mkdir(parents=True)

    def newer(self, name: str, **contents: str) -> Path:
        """The package as a later version with other contents."""
        directory = Path(mkdtemp())
        must("dpkg-deb", "-R", image.packages()[name], directory)
        control = directory / "DEBIAN/control"
        control.write_text(re.sub(r"^Version: .*$", r"\g<0>.1", control.read_text(), flags=re.M))
        for path, text in contents.items():
            (directory / path.lstrip("/")).write_text(text)
        package = directory.with_suffix(".deb")
        must("dpkg-deb", "--root-owner-group", "-b", directory, package)
        return package

    def wanted(self, target: str, unit: str) -> bool:
        return os.path.lexists(self[f"{WANTS}/{target}.wants/{unit}"])

    # --------------------------------------------------------------------------------------------

    def test_their_contents_are_roots_and_say_what_they_need(self) -> None:
        needed = {AGENT: ["libc6", "libstdc++6", "libzmq5", "libmnl0", "passwd"],
                  COORDINATOR: ["libc6", "libstdc++6", "libzmq5", "libsqlite3-0", "passwd"],
                  FORWARDER: ["systemd", "passwd", "util-linux"]}
        self.assertEqual(set(image.packages()), set(needed))
        for name, package in image.packages().items():
            with self.subTest(name):
                depends = must("dpkg-deb", "-f", package, "Depends")
                for library in needed[name]:
                    self.assertRegex(depends, rf"(^|, ){re.escape(library)}\b")
                for line in must("dpkg-deb", "-c", package).splitlines():
                    mode, owner, path = line.split()[0], line.split()[1], line.split()[-1]
                    self.assertEqual(owner, "root/root", path)
                    self.assertRegex(mode, "^(drwxr-xr-x|-rw[x-]r-[x-]r-[x-])$", path)
                    self.assertNotIn("pycache", path)

    def test_in_a_chroot_it_is_enabled_and_nothing_is_started(self) -> None:
        self.dpkg("-i", *image.packages().values())
        self.assertTrue(self.wanted("sysinit.target", "snagentd.service"))
        self.assertTrue(self.wanted("multi-user.target", "sncoordd.service"))
        self.assertFalse(self.wanted("sockets.target", "sn-forwarder.socket"),
                         "it knows no coordinator yet")
        self.assertEqual(self.calls(), [])
        for unit in ("snagentd.service", "sncoordd.service", "sn-forwarder.service",
                     "sn-forwarder.socket", "sn-forwarder-knocks.service",
                     "sn-forwarder-knocks.socket"):
            self.assertTrue(self[f"{UNITS}/{unit}"].is_file())
        self.assertEqual(list(self["/etc/snagent"].iterdir()), [])
        version = must("chroot", self.root, "snagentd", "--version").split()[1]
        self.assertEqual(must("dpkg-deb", "-f", image.packages()[AGENT], "Version").strip(), version)
        self.assertIn("Usage", must("chroot", self.root, "snctl", "--help"))
        # Nobody has configured it: the unit does not try again after this.
        self.assertEqual(run("chroot", self.root, "snagentd", "run").returncode, 78)
        self.assertIn("RestartPreventExitStatus=78",
                      self[f"{UNITS}/snagentd.service"].read_text())

    def test_each_makes_its_user_and_a_purge_leaves_it(self) -> None:
        before = {path: self[path].read_text() for path in TABLES}
        # Nothing asks another source of users.
        self["/etc/nsswitch.conf"].write_text("passwd: files\ngroup: files\nshadow: files\n")
        self.dpkg("-i", *image.packages().values())
        made = {path: self[path].read_text() for path in TABLES}
        for user in USERS:
            row = self.row("/etc/passwd", user)
            self.assertTrue(100 <= int(row[2]) < 1000, row)
            self.assertEqual(self.row("/etc/group", user)[2:], [row[3], ""])
            self.assertEqual(row[6], "/usr/sbin/nologin")
            self.assertFalse(self[row[5]].exists(), "it has no home")
            self.assertIn(self.row("/etc/shadow", user)[1], ("!", "!*", "*"))
        for path in TABLES:
            kept = [line for line in made[path].splitlines(True) if line.split(":")[0] not in USERS]
            self.assertEqual("".join(kept), before[path])
        self.dpkg("-i", *image.packages().values())
        self.dpkg("--purge", *image.packages())
        self.assertEqual({path: self[path].read_text() for path in TABLES}, made)
        self.dpkg("-i", *image.packages().values())
        self.assertEqual({path: self[path].read_text() for path in TABLES}, made)

    def row(self, path: str, name: str) -> list[str]:
        found = [line.split(":") for line in self[path].read_text().splitlines()
                 if line.startswith(f"{name}:")]
        self.assertEqual(len(found), 1, f"{name} in {path}")
        return found[0]

    def test_a_second_installation_changes_nothing(self) -> None:
        self.dpkg("-i", *image.packages().values())
        links = sorted(str(path) for path in self[WANTS].rglob("*sn*"))
        self.dpkg("-i", *image.packages().values())
        self.assertEqual(sorted(str(path) for path in self[WANTS].rglob("*sn*")), links)
        self.assertEqual(self.calls(), [])

    def test_an_upgrade_keeps_the_sites_configuration(self) -> None:
        self.dpkg("-i", *image.packages().values())
        edited = {"/etc/snagent/agent.toml": "mode = \"act\"\n",
                  "/etc/snagent/cluster.toml": "# the site's\n",
                  "/etc/sncoord/cluster.toml": "# the site's\n",
                  "/etc/sncoord/sncoordd.toml": "listen = [\"tcp://10.1.1.1:7400\"]\n",
                  "/etc/default/sn-forwarder": "COORDINATOR=10.1.1.1:7400\n"}
        for path, text in edited.items():
            self[path].write_text(text)
        self.dpkg("-i", self.newer(AGENT),
                  self.newer(COORDINATOR, **{"/etc/sncoord/sncoordd.toml": "# a later one\n"}),
                  self.newer(FORWARDER, **{"/etc/default/sn-forwarder": "# a later one\n"}))
        for path, text in edited.items():
            self.assertEqual(self[path].read_text(), text, path)
        self.assertEqual(self["/etc/sncoord/sncoordd.toml.dpkg-dist"].read_text(), "# a later one\n")
        self.assertEqual(must("dpkg-query", f"--admindir={self.root}/var/lib/dpkg", "-W", "-f",
                              "${Version}", AGENT),
                         must("dpkg-deb", "-f", image.packages()[AGENT], "Version").strip() + ".1")
        # Removed and purged, the site's own files are still the site's.
        self.dpkg("--purge", AGENT, COORDINATOR, FORWARDER)
        self.assertFalse(self["/etc/sncoord/sncoordd.toml"].exists())
        for path in ("/etc/snagent/agent.toml", "/etc/snagent/cluster.toml",
                     "/etc/sncoord/cluster.toml"):
            self.assertEqual(self[path].read_text(), edited[path])
        self.assertFalse(self["/usr/sbin/snagentd"].exists())
        self.assertFalse(self.wanted("sysinit.target", "snagentd.service"))

    def test_an_untouched_conffile_is_replaced(self) -> None:
        self.dpkg("-i", image.packages()[COORDINATOR])
        self.dpkg("-i", self.newer(COORDINATOR, **{"/etc/sncoord/sncoordd.toml": "# a later one\n"}))
        self.assertEqual(self["/etc/sncoord/sncoordd.toml"].read_text(), "# a later one\n")

    def test_where_systemd_runs_it_is_started_once_configured(self) -> None:
        self.boot()
        self.dpkg("-i", image.packages()[AGENT])
        self.assertEqual(self.calls(), ["systemctl --system daemon-reload",
                                        "systemctl --quiet is-active snagentd.service"])
        self.dpkg("--purge", AGENT)
        self.calls()
        self["/etc/snagent"].mkdir(exist_ok=True)
        self["/etc/snagent/agent.toml"].write_text("mode = \"observe\"\n")
        self.dpkg("-i", image.packages()[AGENT])
        self.assertEqual(self.calls()[-1], "deb-systemd-invoke start snagentd.service")

    def test_an_upgrade_restarts_only_what_runs(self) -> None:
        self.boot()
        self["/running"].touch()
        self.dpkg("-i", image.packages()[AGENT], image.packages()[COORDINATOR])
        self.calls()
        self.dpkg("-i", self.newer(AGENT), self.newer(COORDINATOR))
        self.assertEqual([call for call in self.calls() if "invoke" in call],
                         ["deb-systemd-invoke restart snagentd.service",
                          "deb-systemd-invoke restart sn-enrol.socket",
                          "deb-systemd-invoke restart sncoordd.service"])
        self["/running"].unlink()
        self["/etc/snagent/agent.toml"].write_text("mode = \"observe\"\n")
        self.dpkg("-i", self.newer(AGENT))
        self.assertEqual([call for call in self.calls() if "invoke" in call], [],
                         "somebody has stopped it")

    def test_what_the_administrator_disabled_stays_disabled(self) -> None:
        self.dpkg("-i", image.packages()[AGENT])
        self[f"{WANTS}/sysinit.target.wants/snagentd.service"].unlink()
        self.dpkg("-i", self.newer(AGENT))
        self.assertFalse(self.wanted("sysinit.target", "snagentd.service"))

    def test_the_coordinators_key_and_table_outlive_a_purge(self) -> None:
        self.dpkg("-i", image.packages()[COORDINATOR])
        self["/var/lib/sncoord"].mkdir()
        self["/var/lib/sncoord/coordinator.key"].write_text("secret\n")
        self.assertIn("kept: /var/lib/sncoord", self.dpkg("--purge", COORDINATOR))
        self.assertEqual(self["/var/lib/sncoord/coordinator.key"].read_text(), "secret\n")

    def test_the_packaged_tool_installs_the_packaged_agent(self) -> None:
        self.dpkg("-i", image.packages()[COORDINATOR])
        tree = image.ImageTree("el")
        done = run(self["/usr/share/snkeeper/install-into-image"], tree.path,
                   "--from", image.packages()[AGENT], "--coordinator", image.COORDINATOR,
                   "--server-key", image.KEY, "--cluster",
                   self["/usr/share/doc/snkeeper-coordinator/examples/cluster.toml"])
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(tree["/usr/sbin/snagentd"].read_bytes(),
                         (self.unpacked(AGENT) / "usr/sbin/snagentd").read_bytes())

    def unpacked(self, name: str) -> Path:
        directory = Path(mkdtemp())
        must("dpkg-deb", "-x", image.packages()[name], directory)
        return directory

    def test_the_readme_says_how_locked_up_each_unit_is(self) -> None:
        said = must("systemd-analyze", "--version").split()[1]
        if said != "252":
            self.skipTest(f"the figures are of systemd 252, this is {said}")
        table = dict(re.findall(r"^\| `(sn[a-z@-]+\.service)` \|[^|]*\| ([0-9.]+) \|",
                                (REPOSITORY / "packaging/README.md").read_text(), re.MULTILINE))
        units = {path.name: path for path in (REPOSITORY / "packaging").rglob("*.service")}
        self.assertEqual(set(table), set(units))
        for name, path in units.items():
            with self.subTest(name):
                copy = Path(mkdtemp()) / name.replace("@", "@any")
                copy.write_text(path.read_text())
                listed = must("systemd-analyze", "security", "--no-pager", "--offline=yes", copy)
                found = re.search(r"exposure level for \S+ ([0-9.]+)", listed)
                assert found, listed
                self.assertEqual(found.group(1), table[name])

    def test_the_coordinators_example_listens_to_one_network(self) -> None:
        coordinator = self.unpacked(COORDINATOR)
        path = coordinator / "etc/sncoord/sncoordd.toml"
        listen = tomllib.loads(path.read_text())["listen"]
        for endpoint in listen:
            self.assertNotRegex(endpoint, r"\*|0\.0\.0\.0|\[::\]")
        # And it is taken.
        text = path.read_text() + f'state_dir = "{mkdtemp()}"\n'
        path.write_text(text)
        self.assertEqual(len(must(coordinator / "usr/sbin/sncoordd", "key", "--config", path)), 105)

    def test_the_examples_are_good(self) -> None:
        agent = self.unpacked(AGENT)
        examples = agent / "usr/share/doc/snkeeper-agent/examples"
        # The package makes the user, and is only unpacked here.
        config = examples / "agent.toml"
        config.write_text('user = "daemon"\n' + config.read_text())
        self.assertIn("good: ", must(agent / "usr/sbin/snagentd", "check", "--config", config,
                                     "--cluster", examples / "cluster.toml"))


if __name__ == "__main__":
    case.main()
