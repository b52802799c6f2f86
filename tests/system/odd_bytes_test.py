#!/usr/bin/python3 -B
"""A file holds what is no text: other encodings, a terminal's commands, and more of it than usual."""

import json
import pathlib
import subprocess
import tempfile
import unittest

from cluster import case, cluster as machines

CLUSTER = """
[[service_node]]
name = "SN1P"
node_names = ["sn1-eth1"]
addresses = ["10.1.1.100/24"]
[[service_node]]
name = "SN2P"
node_names = ["sn2-eth1"]
addresses = ["10.1.1.101/24"]
"""
HOSTS = b"10.1.1.9 cn009\n10.1.1.100 sn1-eth1\n10.1.1.101 sn2-eth1\n"
# Latin-1, a cut and an overlong form of UTF-8, a surrogate, commands of a terminal in one byte, in
# two and after an escape, DEL, text from right to left, and a character that is right.
ODD = (b"H\xf6rsaal \xe2\x82 \xc0\xaf \xed\xa0\x80 \x9b2J \xc2\x9b2J \x1b[2J\x1b]0;x\x07 \x7f"
       b" \xe2\x80\xae \xe2\x82\xac")


class OddBytes(unittest.TestCase):
    def setUp(self) -> None:
        room = tempfile.TemporaryDirectory(prefix="odd-bytes-")
        self.addCleanup(room.cleanup)
        self.root = pathlib.Path(room.name) / "root"
        (self.root / "etc").mkdir(parents=True)
        self.directory = pathlib.Path(room.name) / "cluster.toml"
        self.directory.write_text(CLUSTER)
        self.write("etc/hosts", HOSTS)

    def write(self, path: str, content: bytes) -> None:
        (self.root / path).write_bytes(content)

    def snagentd(self, verb: str, *more: str) -> bytes:
        ends = [] if verb == "inspect" else ["--from", "SN1P", "--to", "SN2P"]
        done = subprocess.run([machines.binaries() / "snagentd", verb, "--root", self.root,
                               "--cluster", self.directory, *ends, *more],
                              capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def test_json_is_json_and_a_screen_is_a_screen(self) -> None:
        self.write("etc/ntp.conf", b"server 10.1.1.100 iburst # " + ODD + b"\n")
        self.write("etc/resolv.conf", b"nameserver 10.1.1.100 ; " + ODD + b"\n")
        for verb, *more in (("inspect",), ("rebind", "--dry-run"), ("rebind",)):
            if verb == "inspect" or more:  # while nothing has changed
                screen = self.snagentd(verb, *more)
                self.assertEqual([byte for byte in screen if byte < 32 and byte != 10], [], screen)
                self.assertNotIn("\x9b", screen.decode())
                self.assertNotIn("\u202e", screen.decode())
            said = self.snagentd(verb, *more, "--json")
            json.loads(said.decode())  # strict UTF-8
            self.assertEqual([byte for byte in said if byte < 32 and byte != 10 or byte == 127],
                             [], said)
        changed = self.root / "etc/ntp.conf"
        self.assertEqual(changed.read_bytes(), b"server 10.1.1.101 iburst # " + ODD + b"\n",
                         "the file keeps its own bytes")
        for each in json.loads(self.snagentd("inspect", "--json").decode())["references"]:
            self.assertNotEqual(each["owner"], "SN1P" if each["kind"] != "hosts" else None)

    def test_a_hosts_file_of_thousands_of_nodes_is_read(self) -> None:
        many = b"".join(b"10.%d.%d.%d cn%05d cn%05d.d.example cn%05d-ib0 ib-%05d-of-a-long-name\n"
                        % (2 + n // 60000, n // 250 % 240, n % 250, n, n, n, n)
                        for n in range(24_000))
        self.assertGreater(len(many), 1_400_000)
        self.write("etc/hosts", HOSTS + many)
        self.write("etc/resolv.conf", b"nameserver 10.1.1.100\n")
        self.snagentd("rebind")
        self.assertEqual((self.root / "etc/resolv.conf").read_bytes(), b"nameserver 10.1.1.101\n")
        self.assertEqual((self.root / "etc/hosts").read_bytes(), HOSTS + many)

    def test_fifteen_mebibytes_are_read_and_seventeen_are_named(self) -> None:
        self.write("etc/resolv.conf", b"nameserver 10.1.1.100\n")
        line = b"# nothing but a comment of some sixty bytes, again and again..\n"
        self.write("etc/ntp.conf", line * (15 * 1024 * 1024 // len(line)) + b"server sn1-eth1\n")
        self.snagentd("rebind")
        self.assertTrue((self.root / "etc/ntp.conf").read_bytes().endswith(b"\nserver sn2-eth1\n"))

        self.write("etc/resolv.conf", b"nameserver 10.1.1.100\n")
        self.write("etc/ntp.conf", line * (17 * 1024 * 1024 // len(line)) + b"server sn1-eth1\n")
        done = subprocess.run([machines.binaries() / "snagentd", "rebind", "--root", self.root,
                               "--cluster", self.directory, "--from", "SN1P", "--to", "SN2P"],
                              text=True, capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 4, done.stdout + done.stderr)
        self.assertIn("/etc/ntp.conf", done.stdout)
        self.assertIn("larger than 16384 KiB", done.stdout)


if __name__ == "__main__":
    case.main()
