"""Replaces one file of a tree, by rename only, and through a descriptor of its directory."""

import os
import stat

from . import MAX_FILE, read

# A name that says whose it is; fixed, so that the next run finds what a killed one left.
TEMPORARY = ".{}.snkeeper"
# The program that running nodes may be executing from this tree.
PREVIOUS = ".{}.snkeeper-previous"


class Original:
    """A file of the tree whose owner, mode and attributes its successor is to have."""

    def __init__(self, file):
        self.info = os.fstat(file.fileno())
        self.attributes = {}
        try:
            self.attributes = {name: os.getxattr(file.fileno(), name)
                               for name in os.listxattr(file.fileno())}
        except OSError:
            pass        # a file system that has none

    def is_still(self, info):
        return (info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns) == (
            self.info.st_dev, self.info.st_ino, self.info.st_size, self.info.st_mtime_ns)


class Change:
    """A file of the tree that is to have this content, or a link that is to lead there."""

    def __init__(self, tree, path, content, mode=0o644, link=None, original=None):
        self.tree = tree
        self.path = path
        self.content = content
        self.link = link
        self.original = original
        self.mode, self.owner = mode, (0, 0)
        if original:
            self.mode = stat.S_IMODE(original.info.st_mode)
            self.owner = (original.info.st_uid, original.info.st_gid)
        self.final = tree.place(path, last=link is None)
        directory, self.name = os.path.split(self.final)
        self.temporary_name = TEMPORARY.format(self.name)
        self.temporary = os.path.join(directory, self.temporary_name)
        self.directory = None
        self.is_new = not os.path.lexists(self.final)
        self.is_needed = not self._is_there()

    def _is_there(self):
        try:
            info = os.lstat(self.final)
        except OSError:
            return False
        if self.link is not None:
            return stat.S_ISLNK(info.st_mode) and os.readlink(self.final) == self.link
        return (stat.S_ISREG(info.st_mode) and stat.S_IMODE(info.st_mode) == self.mode
                and (info.st_uid, info.st_gid) == self.owner and info.st_size == len(self.content)
                and read(self.final, MAX_FILE) == self.content)

    def stage(self):
        """Writes the temporary; returns the directories that it made."""
        self.directory, made = self.tree.directory(os.path.dirname(self.final), makes=True)
        if self.link is not None:
            os.symlink(self.link, self.temporary_name, dir_fd=self.directory)
            return made
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        with os.fdopen(os.open(self.temporary_name, flags, 0o600, dir_fd=self.directory),
                       "wb") as file:
            file.write(self.content)
            file.flush()
            os.fchown(file.fileno(), *self.owner)
            os.fchmod(file.fileno(), self.mode)
            for name, value in self.original.attributes.items() if self.original else ():
                try:
                    os.setxattr(file.fileno(), name, value)
                except OSError:
                    pass        # security.* may be the kernel's own business
            os.fsync(file.fileno())
        return made

    def commit(self, keep):
        if self.original and not self.original.is_still(
                os.stat(self.name, dir_fd=self.directory, follow_symlinks=False)):
            raise OSError("{}: somebody else has changed it: run it again".format(self.final))
        if keep and not self.is_new and not os.path.islink(self.final):
            # An NFS client executes a file by its handle: one without a name is gone for it.
            previous = PREVIOUS.format(self.name)
            self._unlink(previous)
            os.link(self.name, previous, src_dir_fd=self.directory, dst_dir_fd=self.directory,
                    follow_symlinks=False)
        os.rename(self.temporary_name, self.name, src_dir_fd=self.directory,
                  dst_dir_fd=self.directory)
        os.fsync(self.directory)

    def discard(self):
        """Removes the temporary, if there is one, and lets go of the directory."""
        if self.directory is not None:
            self._unlink(self.temporary_name)
            os.close(self.directory)
            self.directory = None

    def _unlink(self, name):
        try:
            os.unlink(name, dir_fd=self.directory)
        except FileNotFoundError:
            pass
