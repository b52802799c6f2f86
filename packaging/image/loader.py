"""Whether a tree can run a program: what its dynamic loader would do, without running anything."""

import collections
import glob
import os
import re

from . import MAX_CONFIG, MAX_FILE, Refused, read
from .elf import Elf, NotElf

MAX_OBJECTS = 512           # libraries of one program; the agent's own are some 25
MAX_CONF_FILES = 256        # of ld.so.conf

# libzmq gives its functions no versions.  What the agent asks of it at run time without a function
# to tell (heartbeats, ZMQ_CONNECT_TIMEOUT) came with 4.2, as zmq_curve_public did, which it calls.
UNVERSIONED = {"libzmq.so.5": "libzmq 4.2 or newer"}


def version_key(version):
    return [int(number) for number in re.findall(r"\d+", version)]


def library_directories(tree):
    """Where the tree's loader looks: ld.so.conf, then what is built into it."""
    found = []
    seen = []

    def include(path):
        if path in seen or len(seen) >= MAX_CONF_FILES or not os.path.isfile(path):
            return
        seen.append(path)
        for line in read(path, MAX_CONFIG).decode("utf-8", "replace").splitlines():
            line = line.split("#")[0].strip()
            if line.startswith("include ") or line.startswith("include\t"):
                for pattern in line.split()[1:]:
                    if not pattern.startswith("/"):
                        pattern = "/etc/" + pattern
                    directory = tree.host(os.path.dirname(pattern))
                    for name in sorted(glob.glob(glob.escape(directory) + "/"
                                                 + os.path.basename(pattern))):
                        include(tree.host(tree.inside(name)))
            elif line.startswith("/"):
                found.append(line)

    include(tree.host("/etc/ld.so.conf"))
    for base in ("/lib", "/usr/lib"):
        for directory in sorted(glob.glob(glob.escape(tree.host(base)) + "/*-linux-gnu*")):
            found.append(base + "/" + os.path.basename(directory))
    return found + ["/lib64", "/usr/lib64", "/lib", "/usr/lib"]


class Loader:
    """Does what the tree's dynamic loader would do, without running anything."""

    def __init__(self, tree):
        self.tree = tree
        self.directories = library_directories(tree)

    def find(self, name, wanted_by):
        """The library, or None and what else was found under its name."""
        others = []
        directories = []
        for entry in wanted_by.runpath:
            origin = os.path.dirname(wanted_by.path)
            directories.append(entry.replace("$ORIGIN", origin).replace("${ORIGIN}", origin))
        paths = ["/" + name] if "/" in name else [
            directory + "/" + name for directory in directories + self.directories
            if directory.startswith("/")]
        for path in paths:
            host = self.tree.host(path)
            if not os.path.isfile(host):
                continue
            try:
                library = Elf(read(host, MAX_FILE), self.tree.inside(host))
            except NotElf:
                others.append("{} is no library".format(path))
                continue
            if library.machine == wanted_by.machine:
                return library, []
            others.append("{} is for {}".format(path, library.machine_name()))
        return None, others

    def problems(self, program):
        """Why the tree can't run the program; empty if it can."""
        problems = []
        if program.interpreter and not os.path.isfile(self.tree.host(program.interpreter)):
            problems.append("{}: not in the tree (the loader for {})".format(
                program.interpreter, program.machine_name()))
        loaded = {}
        todo = collections.deque([program])
        complete = True
        while todo:
            user = todo.popleft()
            for name in user.needed:
                if name in loaded:
                    continue
                if len(loaded) >= MAX_OBJECTS:
                    raise Refused("more than {} libraries".format(MAX_OBJECTS))
                library, others = self.find(name, user)
                loaded[name] = library
                if library:
                    todo.append(library)
                    continue
                complete = False
                problems.append("{}: not in the tree (needed by {}{}){}".format(
                    name, os.path.basename(user.path),
                    ": " + UNVERSIONED[name] if name in UNVERSIONED else "",
                    "".join("; " + other for other in others)))
        for user in [program] + [library for library in loaded.values() if library]:
            problems += self._old(user, loaded)
        if complete:
            problems += self._lacking(program, loaded)
        return problems

    def _old(self, user, loaded):
        problems = []
        for name, wanted in sorted(user.wanted.items()):
            library = loaded.get(name)
            # The loader takes a library without any versions as it is; the functions decide.
            if not library or not library.versions:
                continue
            missing = wanted - library.versions
            kinds = {version.split("_")[0] for version in missing}
            for kind in sorted(kinds):
                newest = max((version for version in missing if version.split("_")[0] == kind),
                             key=version_key)
                there = [version for version in library.versions
                         if version.split("_")[0] == kind and version_key(version)]
                problems.append("{} is too old: {} needs {}, the tree has {} ({})".format(
                    name, os.path.basename(user.path), newest,
                    max(there, key=version_key) if there else "none of them", library.path))
        return problems

    def _lacking(self, program, loaded):
        """Functions that nobody has: how a library without versions shows its age."""
        given = {}
        for name, library in loaded.items():
            for symbol in library.symbols()[0]:
                given.setdefault(symbol, name)
        lacking = {}
        for symbol in sorted(program.symbols()[1] - set(given)):
            prefix = symbol.split("_")[0] + "_"
            owners = {name for other, name in given.items() if other.startswith(prefix)
                      and name in program.needed and not loaded[name].versions}
            lacking.setdefault(owners.pop() if len(owners) == 1 else None, []).append(symbol)
        problems = []
        for name, symbols in sorted(lacking.items(), key=lambda item: item[0] or "~"):
            shown = ", ".join(symbols[:3]) + (", ..." if len(symbols) > 3 else "")
            if name is None:
                problems.append("no library of the tree has {}".format(shown))
            else:
                problems.append("{} is too old: {} needs {}, the tree's {} has no {}".format(
                    name, os.path.basename(program.path), UNVERSIONED.get(name, "a newer one"),
                    loaded[name].path, shown))
        return problems
