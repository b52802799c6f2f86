"""The root tree of a node, seen from another machine."""

import collections
import errno
import os

from . import Refused

UNIT_DIRECTORIES = ("/usr/lib/systemd/system", "/lib/systemd/system")

MAX_LINKS = 40  # as the kernel


class Tree:
    """A directory that is some node's "/".  Links are followed as there, never out of it."""

    def __init__(self, path):
        if not os.path.isdir(path):
            raise Refused("{}: not a directory".format(path))
        self.root = os.path.realpath(path)
        if os.path.samestat(os.stat(self.root), os.stat("/")):
            raise Refused("{}: this machine's own root: install the package instead".format(path))

    def host(self, path, last=True):
        """Where `path` of the tree lies on this machine; its last part may be missing.

        With last=False a link in the last place is left as it is."""
        todo = collections.deque(part for part in path.split("/") if part)
        done = []
        links = 0
        while todo:
            part = todo.popleft()
            if part == ".":
                continue
            if part == "..":
                if done:
                    done.pop()
                continue
            here = "/".join([self.root] + done + [part])
            if os.path.islink(here) and (todo or last):
                links += 1
                if links > MAX_LINKS:
                    raise Refused("{}{}: too many links".format(self.root, path))
                target = os.readlink(here)
                if target.startswith("/"):
                    done = []
                todo.extendleft(reversed([piece for piece in target.split("/") if piece]))
                continue
            done.append(part)
        return "/".join([self.root] + done)

    def directory(self, host_path, makes=False):
        """A descriptor of a directory, by a path without links, and the directories that were made.

        Whoever may write to the tree can put a link there while we look: through a descriptor
        nothing leads out."""
        at = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
        here = self.root
        made = []
        try:
            for part in self.inside(host_path).split("/"):
                if not part:
                    continue
                here += "/" + part
                try:
                    below = self._below(at, part)
                except FileNotFoundError:
                    if not makes:
                        raise
                    os.mkdir(part, 0o755, dir_fd=at)
                    made.append(here)
                    below = self._below(at, part)
                    os.fchmod(below, 0o755)
                os.close(at)
                at = below
        except OSError as error:
            os.close(at)
            if error.errno in (errno.ELOOP, errno.ENOTDIR):
                raise Refused("{}: {} is another one than a moment ago: run it again".format(
                    self.root, self.inside(here)))
            raise
        return at, made

    @staticmethod
    def _below(at, part):
        return os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=at)

    def open(self, host_path):
        """A file to be read, by a path without links; None if there is none."""
        try:
            directory = self.directory(os.path.dirname(host_path))[0]
        except FileNotFoundError:
            return None
        try:
            # O_NONBLOCK: a FIFO in its place must not stop us.
            return os.fdopen(os.open(os.path.basename(host_path),
                                     os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK,
                                     dir_fd=directory), "rb")
        except FileNotFoundError:
            return None
        finally:
            os.close(directory)

    def inside(self, host_path):
        return host_path[len(self.root):] or "/"

    def check(self):
        """Refuses what is no root tree of a node with systemd; returns the units' directory."""
        for directory in ("/etc", "/usr", "/usr/sbin"):
            if not os.path.isdir(self.host(directory)):
                hint = ""
                if os.path.isdir(os.path.join(self.root, "rootimg")):
                    hint = "; its root tree is probably {}/rootimg".format(self.root)
                raise Refused("{}: not a root tree: it has no {}{}".format(
                    self.root, directory, hint))
        if not os.path.exists(self.host("/bin/sh")):
            raise Refused("{}: not a root tree: it has no /bin/sh".format(self.root))
        for directory in UNIT_DIRECTORIES:
            # Where systemd's own units are, units are read from the start of the boot.
            if os.path.isfile(self.host(directory + "/sysinit.target")):
                return directory
        raise Refused("{}: it has no systemd (no sysinit.target in {}): install systemd in it, or "
                      "start 'snagentd run' from its boot scripts".format(
                          self.root, " or ".join(UNIT_DIRECTORIES)))

    def place(self, path, last=True, why="the agent needs no row in the litefile table: remove it "
                                         "and run liteimg"):
        """Where a file of ours is to lie.  Its directory may be missing, and is no node's own."""
        final = self.host(path, last)
        inside = self.inside(final)
        if inside.startswith(("/.statelite/", "/.default/")):
            raise Refused("{}: {} leads to {}, which is each node's own; {}".format(
                self.root, path, inside, why))
        if os.path.lexists(final) and not (os.path.islink(final) or os.path.isfile(final)):
            raise Refused("{}: {} is not a file".format(self.root, inside))
        return final
