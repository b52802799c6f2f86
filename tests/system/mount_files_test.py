#!/usr/bin/python3 -B
"""Files that order NFS mounts name the service node: some may follow it, some hold other data."""

import os

from cluster import case, wait
from cluster.host import children, start_time

FSTAB = """\
proc /proc proc defaults 0 0
{sn}:/install /install nfs ro,tcp 0 0
{sn}:/home /home nfs rw,hard 0 0
10.1.9.9:/persist /persist nfs ro 0 0
"""
MAP = """\
apps -ro,hard {sn}:/export/apps
work -rw {sn}:/export/work
"""
LITETREE = "cn001|{sn}|/lt|ro\ncn002|{sn}|/rw|\n"
BOOT_LIST = "{sn}:/lt\n"

# Only its name, its pid file and what it does on SIGHUP are automount's.
AUTOMOUNT = """\
#!/bin/bash
echo $$ >/run/automount.pid
trap 'echo HUP >>/run/automount.told' HUP
exec 3<>/run/automount.fifo
: >/run/automount.told
while :; do read -r -u 3 _; done
"""


class MountFiles(case.SystemCase):
    nodes = (1,)

    def test_read_only_ones_follow_and_automount_is_told(self) -> None:
        node = self.cluster["cn001"]
        node.path("/.statelite").mkdir(exist_ok=True)
        texts = {"/etc/fstab": FSTAB, "/etc/auto.apps": MAP, "/litetree.table": LITETREE,
                 "/.statelite/litetree": BOOT_LIST}
        for path, text in texts.items():
            node.path(path).write_text(text.format(sn="10.1.1.100"))
        os.mkfifo(node.path("/run/automount.fifo"))
        script = node.path("/run/automount")
        script.write_text(AUTOMOUNT)
        script.chmod(0o755)
        process = node.start("/run/automount")
        self.addCleanup(process.communicate)
        self.addCleanup(lambda: [os.kill(pid, 9) for pid in children(process.pid)])
        told = node.path("/run/automount.told")
        wait.until("automount's stand-in runs", told.exists)
        automount = min(node.pids("automount"))
        born = start_time(automount)
        self.before["cn001"] = case.Before(node)
        self.cluster.cut(self.sn1)

        reply = self.takeover("SN1P")
        self.assert_exit(reply, case.VERIFIED)
        self.assertEqual(self.result(reply, "cn001")["left"], 0)
        old, new = "10.1.1.100", "10.1.1.101"
        self.assertEqual(node.read("/etc/fstab"), FSTAB.format(sn=old).replace(
            f"{old}:/install", f"{new}:/install"))
        self.assertEqual(node.read("/etc/auto.apps"), MAP.format(sn=old).replace(
            f"{old}:/export/apps", f"{new}:/export/apps"))
        self.assertEqual(node.read("/litetree.table"), LITETREE.format(sn=old).replace(
            f"{old}|/lt", f"{new}|/lt"))
        self.assertEqual(node.read("/.statelite/litetree"), BOOT_LIST.format(sn=old))
        self.assert_bound(node, self.sn2,
                          except_for=("/etc/fstab", "/etc/auto.apps", "/litetree.table"))
        wait.until("automount has read its maps", lambda: told.read_text() == "HUP\n",
                   state=told.read_text)
        self.assertEqual(start_time(automount), born, "automount is the same process")

        with self.subTest("what stays is named with its reason and cure"):
            shown = self.mn.snctl("show", "T1", "--node", "cn001").text
            for place in ("/etc/fstab:3", "/etc/auto.apps:2", "/litetree.table:2"):
                self.assertIn(f"{place} read-write mount {old} stays", shown)
            self.assertIn("[[shared_path]]", shown)
            self.assertIn("/.statelite/litetree:1 image source", shown)


if __name__ == "__main__":
    case.main()
