"""Replaces one file of a tree, by rename only."""

import os
import stat

from . import MAX_FILE, read

# A name that says whose it is; fixed, so that the next run finds what a killed one left.
TEMPORARY = ".{}.snkeeper"
# The program that running nodes may be executing from this tree.
PREVIOUS = ".{}.snkeeper-previous"


class Change:
    """A file of the tree that is to have this content, or a link that is to lead there."""

    def __init__(self, tree, path, content, mode=0o644, link=None):
        self.path = path
        self.content = content
        self.mode = mode
        self.link = link
        self.owner = (0, 0)
        self.attributes = {}
        self.final = tree.place(path, last=link is None)
        directory, name = os.path.split(self.final)
        self.temporary = os.path.join(directory, TEMPORARY.format(name))
        self.previous = os.path.join(directory, PREVIOUS.format(name))
        self.is_new = not os.path.lexists(self.final)
        self.is_needed = not self._is_there()

    @classmethod
    def like(cls, tree, path, content):
        """For a file that is there already, and keeps its owner, mode and attributes."""
        change = cls(tree, path, content)
        info = os.stat(change.final)
        change.mode, change.owner = stat.S_IMODE(info.st_mode), (info.st_uid, info.st_gid)
        try:
            change.attributes = {name: os.getxattr(change.final, name)
                                 for name in os.listxattr(change.final)}
        except OSError:
            pass        # a file system that has none
        return change

    def _is_there(self):
        try:
            info = os.lstat(self.final)
        except OSError:
            return False
        if self.link is not None:
            return stat.S_ISLNK(info.st_mode) and os.readlink(self.final) == self.link
        return (stat.S_ISREG(info.st_mode) and stat.S_IMODE(info.st_mode) == self.mode
                and info.st_uid == 0 and info.st_gid == 0 and info.st_size == len(self.content)
                and read(self.final, MAX_FILE) == self.content)

    def discard(self):
        """Removes the temporary, if there is one."""
        try:
            os.unlink(self.temporary)
        except FileNotFoundError:
            pass

    def stage(self):
        if self.link is not None:
            os.symlink(self.link, self.temporary)
            return
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        with os.fdopen(os.open(self.temporary, flags, 0o600), "wb") as file:
            file.write(self.content)
            file.flush()
            os.fchown(file.fileno(), *self.owner)
            os.fchmod(file.fileno(), self.mode)
            for name, value in self.attributes.items():
                try:
                    os.setxattr(file.fileno(), name, value)
                except OSError:
                    pass        # security.* may be the kernel's own business
            os.fsync(file.fileno())

    def commit(self, keep):
        if keep and not self.is_new and not os.path.islink(self.final):
            # An NFS client executes a file by its handle: one without a name is gone for it.
            try:
                os.unlink(self.previous)
            except FileNotFoundError:
                pass
            os.link(self.final, self.previous)
        os.rename(self.temporary, self.final)
        directory = os.open(os.path.dirname(self.final), os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


def make_directories(path):
    """Like mkdir -p; yields what it made."""
    if not os.path.isdir(path):
        yield from make_directories(os.path.dirname(path))
        os.mkdir(path, 0o755)
        os.chmod(path, 0o755)
        yield path
