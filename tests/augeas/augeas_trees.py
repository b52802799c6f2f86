#!/usr/bin/python3
"""Compares what we do to a file with what Augeas, which parses it on its own, sees of it.

usage: augeas_trees.py SN_PLAN_FILE VECTORS

For every vector of a kind that has a lens: the tree of the file as we leave it must be the tree of
the file before, but for the nodes that the move means to change. What those are is written down
here once more, in terms of Augeas' trees. Prints read/total per lens; every lens must read three.
"""
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml

LENSES = [("hosts", "Hosts"), ("resolver", "Resolv"), ("ntp", "Ntp"), ("chrony", "Chrony"),
          ("syslog", "Rsyslog"), ("fstab", "Fstab"), ("autofs", "Automounter")]
FEWEST_READ = 3

# SN1P's tokens in the vectors and what stands for them.
MOVED = {
    "sn1-eth1": "sn2-eth1", "sn1-eth1.d.example": "sn2-eth1.d.example", "sn1-hf0": "sn2-hf0",
    "10.1.1.100": "10.1.1.101", "10.1.2.100": "10.1.2.101", "fd00:1::100": "fd00:1::101",
}
NEW_ADDRESSES = {"10.1.1.101", "10.1.2.101"}
NEW_NAMES = {"sn2-eth1", "sn2-eth1.d.example", "sn2-hf0"}


def tree(lens, text):
    """The children of the file's node as (label, value, children), or None if the lens can't."""
    with tempfile.TemporaryDirectory() as root:
        with open(os.path.join(root, "file"), "wb") as out:
            out.write(text)
        run = subprocess.run(
            ["augtool", "-r", root, "-A", "-t", lens + ".lns incl /file", "dump-xml /files/file"],
            capture_output=True, check=False)
        found = xml.fromstring(run.stdout).find("node") if run.stdout.strip() else None
        return None if found is None else children_of(found)


def children_of(element):
    # Augeas takes the carriage return of a line end for a part of the value.
    return [(node.get("label"), strip(node.findtext("value")), children_of(node))
            for node in element.findall("node")]


def strip(value):
    return None if value is None else value.rstrip("\r")


def moved(value):
    return MOVED.get((value or "").lower(), value)


def one_each(nodes, same, changed, wins):
    """Leaves one of the nodes that have become the same: the one that `wins` over the others."""
    result = []
    for index, node in enumerate(nodes):
        others = [i for i, other in enumerate(nodes) if i != index and same(node, other)]
        involved = index in changed or any(i in changed for i in others)
        if involved and any(wins(i, index, changed) for i in others):
            continue
        result.append(node)
    return result


def first_wins(i, index, _changed):
    return i < index


def unchanged_wins(i, index, changed):
    return (i in changed, i) < (index in changed, index)


def intended_resolv(nodes):
    result = [(label, moved(value) if label == "nameserver" else value, below)
              for label, value, below in nodes]
    changed = {i for i, node in enumerate(nodes) if node != result[i]}
    return one_each(result, lambda a, b: a[0] == b[0] == "nameserver" and a[1] == b[1], changed,
                    first_wins)


def intended_time(nodes):
    sources = ("server", "peer", "pool", "restrict")
    result = [(label, moved(value) if label in sources else value, below)
              for label, value, below in nodes]
    changed = {i for i, node in enumerate(nodes) if node != result[i]}
    return one_each(result, lambda a, b: a[0] in sources and a[:2] == b[:2], changed,
                    unchanged_wins)


def intended_rsyslog(nodes):
    def action(below):
        return [(label, moved(value) if label == "hostname" else value, action(deeper))
                for label, value, deeper in below]

    result = [(label, value, action(below)) if label in ("entry", "filter") else (label, value, below)
              for label, value, below in nodes]
    changed = {i for i, node in enumerate(nodes) if node != result[i]}
    left = one_each(result, lambda a, b: a[0] in ("entry", "filter") and a == b, changed, first_wins)
    return without_directives_of(result, left)


def without_directives_of(nodes, left):
    """Directives for one action go with it: those in front of an entry that is not left."""
    remaining, kept, pending = list(left), [], []
    for node in nodes:
        if node[0].startswith("$Action"):
            pending.append(node)
            remaining.remove(node)
        elif remaining and node == remaining[0]:
            kept += pending + [remaining.pop(0)]
            pending = []
        else:
            pending = []
    return kept + pending


def values_of(below, label):
    return [value for name, value, _ in below if name == label]


def read_only(options):
    """Of ro and rw the last counts; neither is read-write."""
    given = [value for value in options if value in ("ro", "rw")]
    return given[-1:] == ["ro"]


def intended_fstab(nodes):
    def line(node):
        label, value, below = node
        if not set(values_of(below, "vfstype")) <= {"nfs", "nfs4"}:
            return node
        if not below or not read_only(values_of(below, "opt")):
            return node
        result, servers = [], ("addr", "mountaddr", "mounthost")
        for name, text, deeper in below:
            if name == "spec":
                host, colon, path = text.rpartition(":")
                inner = host.strip("[]")
                text = host.replace(inner, moved(inner)) + colon + path
            elif name == "opt" and text in servers:
                deeper = [(part, moved(given), rest) for part, given, rest in deeper]
            result.append((name, text, deeper))
        return (label, value, result)

    def place(node):
        return values_of(node[2], "spec") + values_of(node[2], "file")

    nodes = [("entry" if label.isdigit() else label, value, below) for label, value, below in nodes]
    result = [line(node) for node in nodes]
    changed = {i for i, node in enumerate(nodes) if node != result[i]}
    return one_each(result, lambda a, b: a[0] == b[0] == "entry" and place(a) == place(b), changed,
                    unchanged_wins)


def intended_automounter(nodes):
    def locations(below):
        """The hosts of every location, those that become the same once only; empty ones go."""
        result, seen = [], set()
        everywhere = [(host, values_of(deeper, "path")) for _, _, deeper in below
                      for host in values_of(deeper, "host")]
        for label, value, deeper in below:
            path, kept = values_of(deeper, "path"), []
            for name, text, rest in deeper:
                if name == "host":
                    host = moved(text)
                    # The new service node's own entry stays, with its weight.
                    if host != text and (host, path) in everywhere:
                        continue
                    if (host, tuple(path)) in seen:
                        continue
                    seen.add((host, tuple(path)))
                    text = host
                kept.append((name, text, rest))
            if any(name == "host" for name, _, _ in kept) or "host" not in dict(
                    (name, text) for name, text, _ in deeper):
                result.append(("entry", value, kept))
        return result

    def mount(below, inherited):
        options = inherited + values_of(below, "opt")
        ours = not values_of(below, "opt") or all(
            text.startswith("nfs") for name, text, deeper in below if name == "opt"
            and text == "fstype" for text in values_of(deeper, "value"))
        result = []
        for label, text, deeper in below:
            if label == "location" and ours and read_only(options):
                deeper = locations(deeper)
            elif label == "location":
                deeper = numbered(deeper)
            elif label == "mount":
                deeper = [("entry", value, mount(rest, options)) for _, value, rest in deeper]
            result.append((label, text, deeper))
        return result

    return [("entry" if label.isdigit() else label, value, mount(below, []))
            for label, value, below in nodes]


def all_numbered(nodes):
    return [(label, value, all_numbered(below)) for label, value, below in numbered(nodes)]


def numbered(nodes):
    """Entries without their numbers, which shift when one is added."""
    return [("entry" if label.isdigit() else label, value, below) for label, value, below in nodes]


def check_hosts(before, after):
    """Everything is still there, in its order; what is new names the new service node only."""
    before, after = numbered(before), numbered(after)
    rest = list(after)
    for entry in before:
        while rest and not grown(entry, rest[0]):
            if not is_new_service_node(rest[0]):
                return "changed: %s" % (rest[0],)
            rest.pop(0)
        if not rest:
            return "gone: %s" % (entry,)
        rest.pop(0)
    strangers = [entry for entry in rest if not is_new_service_node(entry)]
    if strangers:
        return "added: %s" % strangers
    names = {value.lower().rstrip(".") for _, _, below in after for label, value, _ in below
             if label in ("canonical", "alias")}
    missing = NEW_NAMES - names
    return "not resolvable: %s" % sorted(missing) if missing else None


def grown(before, after):
    """The same entry, or one of the new service node's with more of its names."""
    if before == after:
        return True
    if before[:2] != after[:2] or not is_new_service_node(after):
        return False
    return all(node in after[2] for node in before[2])


def is_new_service_node(entry):
    values = {label: value for label, value, _ in entry[2]}
    names = {value.lower() for label, value, _ in entry[2] if label in ("canonical", "alias")}
    return values.get("ipaddr") in NEW_ADDRESSES and names <= NEW_NAMES


def check(lens, before, after):
    if lens == "Hosts":
        return check_hosts(before, after)
    if lens == "Fstab":
        after = numbered(after)
    if lens == "Automounter":
        after = all_numbered(after)
    intended = {"Fstab": intended_fstab, "Automounter": intended_automounter,
                "Resolv": intended_resolv, "Ntp": intended_time, "Chrony": intended_time,
                "Rsyslog": intended_rsyslog}[lens]
    expected = intended(before)
    if expected == after:
        return None
    return "expected %s\n     got %s" % (expected, after)


def main(plan_file, vectors):
    failures = []
    for kind, lens in LENSES:
        names = sorted(name[:-len(".before")] for name in os.listdir(os.path.join(vectors, kind))
                       if name.endswith(".before"))
        read, changed = 0, 0
        for name in names:
            base = os.path.join(vectors, kind, name)
            with open(base + ".before", "rb") as file:
                before = file.read()
            path = {"hosts": "/etc/hosts", "resolver": "/etc/resolv.conf", "ntp": "/etc/ntp.conf",
                    "chrony": "/etc/chrony/chrony.conf", "syslog": "/etc/rsyslog.conf",
                    "fstab": "/etc/fstab", "autofs": "/etc/auto.apps"}[kind]
            if name.startswith("aix_"):
                path = "/etc/syslog.conf"
            after = subprocess.run([plan_file, kind, path, base + ".before"], capture_output=True,
                                   check=True).stdout
            with open(base + ".after", "rb") as file:
                if after != file.read():
                    failures.append("%s/%s: not the .after file" % (kind, name))
            trees = tree(lens, before), tree(lens, after)
            if trees[0] is None:
                continue
            read += 1
            changed += trees[0] != trees[1]
            wrong = "cannot be read afterwards" if trees[1] is None else check(lens, *trees)
            if wrong:
                failures.append("%s/%s: %s" % (kind, name, wrong))
        print("%-11s %d/%d vectors read, %d changed" % (lens, read, len(names), changed))
        if read < FEWEST_READ:
            failures.append("%s reads fewer than %d vectors" % (lens, FEWEST_READ))
    for failure in failures:
        print("FAILED " + failure)
    return 1 if failures else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2]))
