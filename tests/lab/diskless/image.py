"""What is made once and kept: the root of a node, and the initramfs that mounts it.

Both lie below CACHE under a name made of everything they are made of, so a changed recipe makes a
new one and an unchanged one costs nothing.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

CACHE = Path(os.environ.get("SN_LAB_CACHE", "/var/tmp/sn-lab"))
GUEST = Path(__file__).resolve().parents[1] / "guest"
_MODULES = Path("/usr/lib/uml/modules")

_SUITE = "bookworm"
_PACKAGES = (
    "systemd", "systemd-sysv", "dbus", "rsyslog", "chrony", "iproute2", "nfs-common", "netbase",
    "procps", "kmod", "util-linux", "busybox-static", "autofs", "isc-dhcp-client",
    "systemd-resolved", "openssh-server",
    # what snagentd is linked with
    "libzmq5", "libsodium23", "libmnl0", "libmount1", "libstdc++6")
_LEFT_OUT = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*")
# Started by the scenario that wants it: a node without it is the rule.
_DISABLED = ("systemd-resolved.service", "ssh.service")
_EMPTIED = ("var/lib/apt/lists", "var/cache", "boot", "dev")

# In the order in which they are loaded.  UML's kernel has no NFS built in.
_LOADED = (
    "net/sunrpc/sunrpc", "fs/nfs_common/grace", "fs/lockd/lockd", "fs/nfs_common/nfs_acl",
    "fs/netfs/netfs", "fs/fscache/fscache", "fs/nfs/nfs", "fs/nfs/nfsv3",
    "net/dns_resolver/dns_resolver", "fs/nfs/nfsv4", "fs/autofs/autofs4", "fs/overlayfs/overlay")

_COMPILE = ("g++", "-std=c++20", "-O2", "-static", "-Wall", "-Wextra", "-Wconversion", "-Wshadow",
            "-Werror")


def _key(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


def _cached(kind: str, key: str, suffix: str) -> tuple[Path, bool]:
    """Where it is or will be, and whether it is there.  Older ones of its kind go."""
    CACHE.mkdir(mode=0o755, parents=True, exist_ok=True)
    path = CACHE / f"{kind}-{key}{suffix}"
    for old in CACHE.glob(f"{kind}-*{suffix}"):
        if old != path:
            old.unlink()
    return path, path.exists()


def run(*command: object, **more: object) -> None:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          **more)  # type: ignore[call-overload]
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]}: exit {done.returncode}\n{done.stdout}{done.stderr}")


def root() -> Path:
    """The tar archive of a node's root, without our agent."""
    path, there = _cached("root", _key(_SUITE, _PACKAGES, _LEFT_OUT, _DISABLED, _EMPTIED), ".tar")
    if there:
        return path
    with tempfile.TemporaryDirectory(prefix="making.", dir=CACHE) as room:
        unfinished = Path(room) / "root.tar"
        # The machine's own package sources, whichever mirror they name.
        sources = [source for source in ("/etc/apt/sources.list.d/debian.sources",
                                         "/etc/apt/sources.list") if Path(source).exists()][:1]
        run("mmdebstrap", "--variant=minbase", "--mode=root",
             "--include=" + ",".join(_PACKAGES),
             '--aptopt=APT::Install-Recommends "false"', '--aptopt=Acquire::Retries "3"',
             *(f"--dpkgopt=path-exclude={pattern}" for pattern in _LEFT_OUT),
             *(f"--customize-hook=systemctl --root=\"$1\" disable {unit}" for unit in _DISABLED),
             *(f"--customize-hook=find \"$1/{name}\" -mindepth 1 -delete" for name in _EMPTIED
               if name != "dev"),
             _SUITE, unfinished, *sources)
        unfinished.rename(path)
    return path


def hand() -> Path:
    """The program of guest/hand.cc."""
    source = GUEST / "hand.cc"
    path, there = _cached("hand", _key(_COMPILE, source.read_bytes()), ".bin")
    if not there:
        unfinished = path.with_suffix(".making")
        run(*_COMPILE, "-o", unfinished, source)
        unfinished.rename(path)
    return path


def initramfs() -> Path:
    """busybox, the hand, the kernel's NFS modules and guest/init."""
    kernel, program = kernel_version(), hand()
    path, there = _cached("initramfs", _key(kernel, _LOADED, program.name,
                                            (GUEST / "init").read_bytes()), ".cpio")
    if there:
        return path
    with tempfile.TemporaryDirectory(prefix="making.", dir=CACHE) as room:
        tree = Path(room) / "tree"
        for name in ("bin", "proc", "sys", "dev", "modules", "node"):
            (tree / name).mkdir(parents=True)
        shutil.copy(program, tree / "bin/hand")
        (tree / "bin/hand").chmod(0o755)
        shutil.copy("/bin/busybox", tree / "bin")
        shutil.copy(GUEST / "init", tree / "init")
        (tree / "init").chmod(0o755)
        for module in _LOADED:
            shutil.copy(_MODULES / kernel / "kernel" / f"{module}.ko", tree / "modules")
        (tree / "modules/order").write_text(
            "".join(f"{Path(module).name}.ko\n" for module in _LOADED))
        run("strip", "--strip-debug", *(tree / "modules").glob("*.ko"))
        unfinished = Path(room) / "initramfs.cpio"
        run("sh", "-c", f"find . | cpio --quiet -o -H newc >{unfinished}", cwd=tree)
        unfinished.rename(path)
    return path


def kernel_version() -> str:
    versions = sorted(path.name for path in _MODULES.iterdir()) if _MODULES.is_dir() else []
    if not versions:
        raise RuntimeError(f"no kernel in {_MODULES}: packaging/install-dependencies lab")
    return versions[-1]


def unpack(archive: Path, into: Path) -> None:
    into.mkdir(parents=True)
    run("tar", "--numeric-owner", "--xattrs-include=*", "-xpf", archive, "-C", into)


def copy(tree: Path, to: Path) -> None:
    run("cp", "-a", tree, to)
