"""A root tree: what lies on the root file system of one machine.

/usr is the machine's own, read-only; everything else belongs to the tree.  The tree outlives a
reboot of its host, like a root directory on the NFS server.
"""

import os
import shutil
import stat
from pathlib import Path

from . import kernel, packages

_DIRECTORIES = {
    "dev": 0o755, "etc": 0o755, "home": 0o755, "mnt": 0o755, "opt": 0o755, "proc": 0o555,
    "root": 0o700, "run": 0o755, "sys": 0o555, "tmp": 0o1777, "usr": 0o755, "usr/local": 0o755,
    "var": 0o755, "var/lib": 0o755, "var/lib/chrony": 0o755, "var/log": 0o755,
    "var/spool": 0o755, "var/spool/rsyslog": 0o755, "var/tmp": 0o1777,
}

_PASSWD = """\
root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
messagebus:x:100:100::/nonexistent:/usr/sbin/nologin
_chrony:x:101:101::/var/lib/chrony:/usr/sbin/nologin
snagent:x:980:980::/nonexistent:/usr/sbin/nologin
sncoord:x:981:981::/var/lib/sncoord:/usr/sbin/nologin
snforward:x:982:982::/nonexistent:/usr/sbin/nologin
games:x:5:60:games:/usr/games:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
"""

_GROUP = """\
root:x:0:
daemon:x:1:
adm:x:4:
tty:x:5:
disk:x:6:
kmem:x:15:
systemd-journal:x:99:
messagebus:x:100:
_chrony:x:101:
snagent:x:980:
sncoord:x:981:
snforward:x:982:
games:x:60:
operators:x:1000:
nogroup:x:65534:
"""


class Tree:
    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True)
        for name, mode in _DIRECTORIES.items():
            (path / name).mkdir(exist_ok=True)
            (path / name).chmod(mode)
        for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
            host = Path("/") / name
            if host.is_symlink():
                (path / name).symlink_to(f"usr/{name}")
        (path / "var/run").symlink_to("/run")
        os.chown(path / "var/lib/chrony", 101, 101)
        self.file("/etc/passwd", _PASSWD)
        self.file("/etc/group", _GROUP)
        self.file("/etc/shadow", "root:*:19000::::::\n", 0o640)
        self.file("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n")
        self.file("/etc/host.conf", "multi on\n")
        self.file("/etc/machine-id", os.urandom(16).hex() + "\n", 0o444)
        self.programs: dict[str, str] = {}
        # Unpacked ones (packages.py), whose /usr is laid over the machine's.
        self.packages: list[str] = []

    def file(self, path: str, text: str, mode: int = 0o644) -> None:
        target = self.path / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        target.chmod(mode)

    def link(self, path: str, to: str) -> None:
        target = self.path / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(to)

    def directory(self, path: str, mode: int = 0o755) -> None:
        target = self.path / path.lstrip("/")
        target.mkdir(parents=True, exist_ok=True)
        target.chmod(mode)

    def program(self, name: str, text: str) -> None:
        """A script in /usr/local/sbin."""
        self.programs[name] = text

    def remove(self) -> None:
        shutil.rmtree(self.path)

    def enter(self, binaries: Path | None, boot_id: str) -> None:
        """Makes the tree the root of the calling process, in whose mount namespace it is mounted
        with everything a machine's root has."""
        at = str(self.path)
        kernel.bind(at, at)
        if self.packages:
            lower = ":".join([*(str(packages.usr(name)) for name in self.packages), "/usr"])
            kernel.mount("usr", f"{at}/usr", "overlay", kernel.MS_RDONLY, f"lowerdir={lower}")
        else:
            kernel.bind("/usr", f"{at}/usr", read_only=True)
        kernel.mount("local", f"{at}/usr/local", "tmpfs", 0, "mode=755")
        os.mkdir(f"{at}/usr/local/bin")
        os.mkdir(f"{at}/usr/local/sbin")
        if binaries:
            kernel.bind(str(binaries), f"{at}/usr/local/bin", read_only=True)
        for name, text in self.programs.items():
            script = Path(f"{at}/usr/local/sbin/{name}")
            script.write_text(text)
            script.chmod(0o755)
        kernel.mount("proc", f"{at}/proc", "proc")
        kernel.mount("sysfs", f"{at}/sys", "sysfs", kernel.MS_RDONLY)
        kernel.mount("dev", f"{at}/dev", "tmpfs", kernel.MS_NOSUID, "mode=755")
        for name, minor in (("null", 3), ("zero", 5), ("full", 7), ("random", 8), ("urandom", 9)):
            _device(f"{at}/dev/{name}", 1, minor)
        _device(f"{at}/dev/tty", 5, 0)
        for name, to in (("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"),
                         ("stderr", "fd/2"), ("ptmx", "pts/ptmx")):
            os.symlink(to, f"{at}/dev/{name}")
        for name in ("pts", "shm"):
            os.mkdir(f"{at}/dev/{name}")
        kernel.mount("devpts", f"{at}/dev/pts", "devpts", 0, "newinstance,mode=620,ptmxmode=666")
        kernel.mount("shm", f"{at}/dev/shm", "tmpfs")
        kernel.mount("run", f"{at}/run", "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "mode=755")
        kernel.mount("tmp", f"{at}/tmp", "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "mode=1777")
        os.mkdir(f"{at}/run/chrony", 0o750)
        os.chown(f"{at}/run/chrony", 101, 101)
        # The kernel is shared, so it has one boot id; every machine gets one of its own.
        Path(f"{at}/dev/shm/boot_id").write_text(boot_id + "\n")
        kernel.bind(f"{at}/dev/shm/boot_id", f"{at}/proc/sys/kernel/random/boot_id")
        kernel.pivot_root(at)


def _device(path: str, major: int, minor: int) -> None:
    os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(major, minor))
    os.chmod(path, 0o666)


class Snapshot:
    """Every file below some directories: bytes, owner, mode and link target."""

    def __init__(self, root: Path, below: tuple[str, ...] = ("etc", "opt", "root", "home")) -> None:
        self.entries: dict[str, tuple[int, int, int, bytes]] = {}
        for top in below:
            for directory, names, files in os.walk(root / top):
                for name in names + files:
                    path = Path(directory) / name
                    status = path.lstat()
                    if path.is_symlink():
                        content = os.readlink(path).encode()
                    elif path.is_file():
                        content = path.read_bytes()
                    else:
                        content = b""
                    key = "/" + str(path.relative_to(root))
                    self.entries[key] = (status.st_mode, status.st_uid, status.st_gid, content)

    def changed(self, later: "Snapshot") -> set[str]:
        """Paths that differ in anything, appeared or disappeared."""
        return {path for path in self.entries.keys() | later.entries.keys()
                if self.entries.get(path) != later.entries.get(path)}

    def changed_besides_bytes(self, later: "Snapshot") -> set[str]:
        """Paths whose owner or mode differ, or that appeared or disappeared."""
        none = (0, 0, 0)
        return {path for path in self.entries.keys() | later.entries.keys()
                if self.entries.get(path, none)[:3] != later.entries.get(path, none)[:3]}

    def lines(self, path: str) -> list[str]:
        return self.entries[path][3].decode().splitlines(keepends=True)

    def text(self, path: str) -> str:
        return self.entries[path][3].decode()
