#!/usr/bin/python3 -B
"""After a takeover something puts an old reference back."""

import json
import os

from cluster import case, files, wait


class Drift(case.SystemCase):
    nodes = (1, 2)

    def test_is_shown_and_not_fought(self) -> None:
        node = self.cluster["cn002"]
        self.cluster.cut(self.sn1)
        self.assert_exit(self.takeover("SN1P"), case.VERIFIED)
        with self.subTest("a file"):
            old = files.resolv_conf(node.entry, self.sn1.entry)
            # As a DHCP client does it: a new file renamed over the old one.
            new = node.path("/etc/resolv.conf.new")
            new.write_text(old)
            os.rename(new, node.path("/etc/resolv.conf"))
            wait.until("the coordinator shows that cn002 names SN1P again", self._names_sn1,
                       state=lambda: json.dumps(self.mn.rows()["cn002"]))
            self.assertEqual(node.read("/etc/resolv.conf"), old, "nobody wins silently")
            node.write("/etc/resolv.conf", files.resolv_conf(node.entry, self.sn2.entry))
            wait.until("it no longer does", lambda: not self._names_sn1())
        with self.subTest("a route"):
            node.run("ip", "route", "add", "10.77.0.0/16", "via", "10.1.1.100")
            wait.until("the coordinator shows it", self._names_sn1)
            node.run("ip", "route", "delete", "10.77.0.0/16")
            wait.until("it no longer does", lambda: not self._names_sn1())

    def test_that_is_meant_so_is_acknowledged(self) -> None:
        node = self.cluster["cn002"]
        self.cluster.cut(self.sn1)
        self.assert_exit(self.takeover("SN1P"), case.VERIFIED)
        node.run("ip", "route", "add", "10.77.0.0/16", "via", "10.1.1.100")
        wait.until("the coordinator shows it", self._is_noticed,
                   state=lambda: json.dumps(self.mn.rows()["cn002"]))
        self.assert_exit(self.mn.snctl("ack", "cn002"), case.VERIFIED)
        self.assertFalse(self._is_noticed())
        self.assertIn("acknowledged by root", self.mn.snctl("status", "cn002").text)
        with self.subTest("over a restart of the coordinator"):
            self.mn.coordinator.stop()
            self.mn.start_coordinator()
            self.cluster.wait_connected("cn001", "cn002")
            wait.until("the node has told of itself", self._names_sn1)
            self.assertFalse(self._is_noticed())
        with self.subTest("another drift"):
            node.run("ip", "route", "add", "10.78.0.0/16", "via", "10.1.1.100")
            wait.until("the coordinator shows it", self._is_noticed,
                       state=lambda: json.dumps(self.mn.rows()["cn002"]))
        with self.subTest("a node without one"):
            self.assert_exit(self.mn.snctl("ack", "cn001"), case.REFUSED)

    def _is_noticed(self) -> bool:
        return self.mn.rows()["cn002"]["notice"] is not None

    def _names_sn1(self) -> bool:
        return bool(self.mn.rows()["cn002"]["observed"].get("SN1P"))


if __name__ == "__main__":
    case.main()
