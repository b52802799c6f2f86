#!/usr/bin/python3
"""The unchanged default files of Debian's chrony, rsyslog and ntpsec as input.

usage: debian_defaults.py SN_PLAN_FILE CACHE

A file is taken from the installed package if nobody has changed it there, else from the package
itself, which apt-get downloads into CACHE once (ntpsec cannot be installed beside chrony). Each is
understood, planning changes nothing, and a line with a service node, put in anywhere, is the only
one that changes.
"""
import glob
import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "system"))

from cluster import packages

# package, the file in the package, kind, path on a node, a line before and after
FILES = [
    ("chrony", "/usr/share/chrony/chrony.conf", "chrony", "/etc/chrony/chrony.conf",
     "server sn1-eth1 iburst", "server sn2-eth1 iburst"),
    ("rsyslog", "/etc/rsyslog.conf", "syslog", "/etc/rsyslog.conf",
     "*.* @@10.1.1.100:514", "*.* @@10.1.1.101:514"),
    ("ntpsec", "/etc/ntpsec/ntp.conf", "ntp", "/etc/ntpsec/ntp.conf",
     "server 10.1.1.100 iburst # sn1-eth1", "server 10.1.1.101 iburst # sn1-eth1"),
]


def recorded_sum(package, path):
    """The md5 sum dpkg has of an installed file, or None."""
    run = subprocess.run(["dpkg-query", "-W", "-f", "${Conffiles}\n", package],
                         capture_output=True, text=True, check=False)
    for line in run.stdout.splitlines():
        words = line.split()
        if len(words) >= 2 and words[0] == path:
            return words[1]
    for info in glob.glob("/var/lib/dpkg/info/%s.md5sums" % package):
        with open(info, encoding="utf-8") as sums:
            for line in sums:
                checksum, name = line.split(maxsplit=1)
                if "/" + name.strip() == path:
                    return checksum
    return None


def default_file(package, path, cache):
    if os.path.exists(path):
        with open(path, "rb") as file:
            text = file.read()
        if hashlib.md5(text).hexdigest() == recorded_sum(package, path):
            return text, "installed"
    root = os.path.join(cache, package)
    if not os.path.exists(root + path):
        packages.unpack([package], Path(root))
    with open(root + path, "rb") as file:
        return file.read(), "from the package"


def run(plan_file, kind, path, text, *options):
    with tempfile.NamedTemporaryFile() as file:
        file.write(text)
        file.flush()
        done = subprocess.run([plan_file, *options, kind, path, file.name], capture_output=True,
                              check=False)
    if done.returncode != 0:
        raise SystemExit("FAILED %s: %s" % (path, done.stderr.decode()))
    return done.stdout


def main(plan_file, cache):
    failed = False
    for package, source, kind, path, before, after in FILES:
        text, origin = default_file(package, source, cache)
        wrong = []
        if run(plan_file, kind, path, text, "--references"):
            wrong.append("names a service node")
        if run(plan_file, kind, path, text) != text:
            wrong.append("is changed without a reference")
        lines = text.splitlines(keepends=True)
        for place in range(len(lines) + 1):
            with_line = [lines[:place], lines[place:]]
            given = b"".join(with_line[0] + [before.encode() + b"\n"] + with_line[1])
            wanted = b"".join(with_line[0] + [after.encode() + b"\n"] + with_line[1])
            if run(plan_file, kind, path, given) != wanted:
                wrong.append("a line put in before line %d is not all that changes" % (place + 1))
                break
        print("%-8s %-22s %s, %d lines: %s" % (package, path, origin, len(lines),
                                               "; ".join(wrong) if wrong else "ok"))
        failed = failed or bool(wrong)
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2]))
