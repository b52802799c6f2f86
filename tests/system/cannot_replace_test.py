#!/usr/bin/python3 -B
"""A file that the kernel will not let be replaced: found before anything is touched."""

import subprocess
from typing import Any

from cluster import case, cluster as machines
from cluster.facts import words
from cluster.tree import Snapshot

RESOLVER = "/etc/resolv.conf"
CHRONY = "/etc/chrony/chrony.conf"


class CannotReplace(case.OneNodeByHand):
    def change_flags(self, flags: str, path: str) -> None:
        self.node.run("chattr", f"+{flags}", path)
        self.addCleanup(subprocess.run, ["chattr", f"-{flags}", self.node.path(path)])

    def findings(self, said: Any, what: str, place: str) -> list[Any]:
        return [each for each in said["findings"]
                if each["what"] == what and each["place"] == place]

    def assert_all_say(self, outlook: str, what: str, place: str, code: str, cure: str) -> Any:
        """A plan, a rehearsal and the rebind itself."""
        for said in (self.hand.preflight("cn001", "SN1P", "SN2P"),
                     self.hand.rehearse("cn001", "SN1P", "SN2P")):
            self.assertEqual(said["outlook"], outlook, said)
            found = self.findings(said, what, place)
            self.assertEqual([each["reason"]["code"] for each in found], [code], said["findings"])
            self.assertEqual(words(found[0]["cure"]), cure)
        self.assert_untouched(self.node)
        outcome = self.hand.rebind("cn001", 17, "SN1P", "SN2P")
        self.assertEqual(len(self.findings(outcome, what, place)), 1, outcome["findings"])
        return outcome

    def test_an_immutable_essential_file_refuses_the_node(self) -> None:
        self.change_flags("i", RESOLVER)
        outcome = self.assert_all_say("blocked", "blocked", RESOLVER, "is_immutable",
                                      f"chattr -i {RESOLVER}")
        self.assertEqual(outcome["verdict"], "blocked")
        self.assert_untouched(self.node)
        self.node.run("chattr", "-i", RESOLVER)
        self.assertEqual(self.hand.rebind("cn001", 18, "SN1P", "SN2P")["verdict"], "verified")

    def test_a_directory_that_can_only_be_added_to_refuses_the_node(self) -> None:
        self.change_flags("a", "/etc")
        outcome = self.assert_all_say("blocked", "blocked", RESOLVER, "folder_is_append_only",
                                      "chattr -a /etc")
        self.assertEqual(outcome["verdict"], "blocked")
        self.assert_untouched(self.node)

    def test_an_immutable_secondary_file_stays_and_is_named(self) -> None:
        self.change_flags("i", CHRONY)
        outcome = self.assert_all_say("partly", "left", CHRONY, "is_immutable",
                                      f"chattr -i {CHRONY}")
        self.assertEqual(outcome["verdict"], "partly")
        self.assertIn("nameserver 10.1.1.101", self.node.read(RESOLVER))

    def test_a_file_system_without_space_refuses_the_node(self) -> None:
        self.cover("/opt/xcat", "xcatinfo", "size=4k")
        outcome = self.assert_all_say("blocked", "blocked", "/opt/xcat/xcatinfo", "no_room_for",
                                      "free some space there (df /opt/xcat shows it), then run it"
                                      " again")
        self.assertEqual(outcome["verdict"], "blocked")
        self.assert_untouched(self.node)

    def test_a_file_system_without_inodes_refuses_the_node(self) -> None:
        self.cover("/opt/xcat", "xcatinfo", "nr_inodes=2")
        outcome = self.assert_all_say("blocked", "blocked", "/opt/xcat/xcatinfo",
                                      "no_inodes_left",
                                      "remove some files there (df -i /opt/xcat shows them), then"
                                      " run it again")
        self.assertEqual(outcome["verdict"], "blocked")
        self.assert_untouched(self.node)

    def cover(self, directory: str, name: str, options: str) -> None:
        """A tmpfs over the directory, with room for this one file."""
        text = self.node.read(f"{directory}/{name}")
        self.node.run("mount", "-t", "tmpfs", "-o", options, "full", directory)
        self.node.path(f"{directory}/{name}").write_text(text)
        self.before["cn001"] = case.Before(self.node)

    def test_a_file_that_is_bound_read_only_refuses_the_node(self) -> None:
        place = "/opt/xcat/xcatinfo"
        self.node.run("mount", "--bind", place, place)
        self.node.run("mount", "-o", "remount,bind,ro", place)
        outcome = self.assert_all_say("blocked", "blocked", place, "mount_is_read_only",
                                      f"mount -o remount,bind,rw {place}")
        self.assertEqual(outcome["verdict"], "blocked")
        self.assert_untouched(self.node)

    def test_what_only_the_first_replacement_tells_changes_nothing(self) -> None:
        # A file server may hide why it will refuse. The fence is kept by renameat.
        strace = subprocess.Popen(
            ["strace", "-f", "-p", str(self.node.executor), "-e", "trace=rename", "-e",
             "inject=rename:error=EPERM"], stderr=subprocess.PIPE, text=True)
        self.addCleanup(strace.communicate)
        self.addCleanup(strace.kill)
        assert strace.stderr is not None
        self.assertIn("attached", strace.stderr.readline())
        outcome = self.hand.rebind("cn001", 17, "SN1P", "SN2P")
        self.assertEqual(outcome["verdict"], "blocked", outcome)
        self.assertEqual(outcome["changed"], 0)
        reason = self.findings(outcome, "blocked", "")[0]["reason"]
        self.assertIn("Operation not permitted", words(reason))
        self.assert_untouched(self.node)

    def test_a_root_tree_says_so_with_the_path_from_outside(self) -> None:
        self.node.agent.stop()
        self.cluster.network.disconnect(self.node)
        self.node.power_off()
        directory = self.cluster.room / "cluster.toml"
        directory.write_text(self.cluster.inventory.directory_toml())
        outside = self.node.tree.path / RESOLVER[1:]
        subprocess.run(["chattr", "+i", outside], check=True)
        self.addCleanup(subprocess.run, ["chattr", "-i", outside])
        was = Snapshot(self.node.tree.path)
        for more in (["--dry-run"], []):
            done = subprocess.run(
                [machines.binaries() / "snagentd", "rebind", "--root", self.node.tree.path,
                 "--cluster", directory, "--from", "SN1P", "--to", "SN2P", *more],
                text=True, capture_output=True, timeout=60)
            self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
            self.assertIn(f"cure: chattr -i {outside}", done.stdout)
            self.assertEqual(was.changed(Snapshot(self.node.tree.path)), set())


if __name__ == "__main__":
    case.main()
