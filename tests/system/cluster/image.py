"""Root trees of diskless nodes, small but real: the agent runs in them.

Their libraries are this machine's own, laid out as a distribution would; an old one is a stub with
the versions that the real one had.
"""

import functools
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from .cluster import REPOSITORY, binaries

INSTALL = REPOSITORY / "packaging/install-into-image"
EXAMPLES = REPOSITORY / "packaging/examples"

# As `sncoordd key` prints it: public keys that ZeroMQ RFC 26 and RFC 8032 (7.1, test 1) have as examples.
KEY = ("Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
       "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
COORDINATOR = "tcp://10.1.1.1:7400"


def run(*words: object, **more: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(word) for word in words], text=True, capture_output=True,
                          timeout=300, **more)     # type: ignore[call-overload, no-any-return]


def must(*words: object, **more: object) -> str:
    done = run(*words, **more)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, words))}: {done.stdout}{done.stderr}")
    return done.stdout


@functools.cache
def packages() -> dict[str, Path]:
    """The packages of the build under test, by name; made once a test program."""
    directory = Path(tempfile.mkdtemp(prefix="packages-"))
    must("cpack", "-G", "DEB", "--config", binaries().parent / "CPackConfig.cmake", "-B", directory)
    return {path.name.split("_")[0]: path for path in directory.glob("*.deb")}


@functools.cache
def _libraries() -> list[Path]:
    """Everything the agent's process maps: by the names under which the loader asks for it."""
    listed = must("ldd", binaries() / "snagentd")
    return sorted({Path(path) for path in re.findall(r"(/\S+) \(0x", listed)})


class ImageTree:
    """`style`: "debian" and "el" have /usr merged; "split" is a Debian with /lib of its own."""

    def __init__(self, style: str) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=f"{style}-"))
        os.chmod(self.path, 0o755)
        self.style = style
        self.units = "/lib/systemd/system" if style == "split" else "/usr/lib/systemd/system"
        for directory in ("etc", "usr/sbin", "usr/bin", "usr/lib", "var", "run"):
            self[directory].mkdir(parents=True)
        merged = ["lib", "lib64", "bin", "sbin"]
        if style == "split":
            merged = []
            for name in ("lib", "bin", "sbin"):
                self[name].mkdir()
        for name in merged:
            self[f"usr/{name}"].mkdir(exist_ok=True)
            # Both forms are found in the field; an absolute one must not lead out of the tree.
            self[name].symlink_to(f"/usr/{name}" if style == "el" else f"usr/{name}")
        library = must("gcc", "-print-multiarch").strip()
        self.libraries = {"debian": f"/usr/lib/{library}", "split": f"/lib/{library}",
                          "el": "/usr/lib64"}[style]
        self[self.libraries].mkdir(parents=True, exist_ok=True)
        for path in _libraries():
            if path.name.startswith("ld-linux") or path.name.startswith("ld64"):
                self.put(path, f"/lib64/{path.name}" if self["/lib64"].exists()
                         else str(path))
            else:
                self.put(path, f"{self.libraries}/{path.name}")
        self.put(Path("/bin/sh"), "/bin/sh")
        self.write("/etc/ld.so.conf", "include ld.so.conf.d/*.conf\n")
        self.write("/etc/ld.so.conf.d/here.conf", f"# this tree's own\n{self.libraries}\n")
        self.write("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"
                                  "chrony:x:999:998::/var/lib/chrony:/usr/sbin/nologin\n"
                                  "nobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n")
        self.write("/etc/group", "root:x:0:\nchrony:x:998:\nnobody:x:65534:\n")
        if style != "split":
            self.write("/etc/shadow", "root:*:19000::::::\nchrony:!*:19000::::::\n")
            self.write("/etc/gshadow", "root:::\nchrony:!::\n")
            self["/etc/shadow"].chmod(0o640)
            os.chown(self["/etc/shadow"], 0, 42)
            self["/etc/gshadow"].chmod(0)
        self.write(f"{self.units}/sysinit.target", "[Unit]\nDescription=System Initialization\n")
        self.ldconfig()

    def __getitem__(self, path: str) -> Path:
        """Where it lies; links are followed as the node would."""
        at = self.path
        for part in Path(path.lstrip("/")).parts:
            at = at / part
            if at.is_symlink():
                target = os.readlink(at)
                at = self.path / target.lstrip("/") if target.startswith("/") else at.parent / target
        return at

    def put(self, source: Path, path: str) -> None:
        target = self[path]
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source.resolve(), target)

    def write(self, path: str, text: str) -> None:
        self[path].parent.mkdir(parents=True, exist_ok=True)
        self[path].write_text(text)

    def ldconfig(self) -> None:
        must("/sbin/ldconfig", "-r", self.path)

    def stub(self, library: str, versions: list[str] | None = None,
             functions: list[str] | None = None) -> None:
        """Puts an empty library of that name in the place of the real one."""
        work = Path(tempfile.mkdtemp(prefix="stub-"))
        names = functions or [f"stub_{index}" for index in range(len(versions or [""]))]
        (work / "stub.c").write_text("".join(f"void {name}(void) {{}}\n" for name in names))
        words = ["gcc", "-shared", "-fPIC", "-nostdlib", f"-Wl,-soname,{library}", "-o",
                 self[f"{self.libraries}/{library}"], work / "stub.c"]
        if versions:
            text = "".join(f"{version} {{ global: stub_{index}; }};\n"
                           for index, version in enumerate(versions))
            (work / "map").write_text(text)
            words.append(f"-Wl,--version-script={work / 'map'}")
        must(*words)

    def state(self) -> dict[str, tuple[object, ...]]:
        """Everything in it that a change would show in, by path."""
        found: dict[str, tuple[object, ...]] = {}
        for directory, directories, files in os.walk(self.path):
            for name in directories + files:
                path = Path(directory) / name
                info = path.lstat()
                link = os.readlink(path) if path.is_symlink() else ""
                content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
                stamp = 0 if path.is_dir() else info.st_mtime_ns
                found["/" + str(path.relative_to(self.path))] = (
                    info.st_ino, info.st_mode, info.st_uid, info.st_gid, stamp, link, hash(content))
        return found

    def install(self, *more: object, source: object = None, bare: bool = False,
                before: tuple[object, ...] = (),
                pass_fds: tuple[int, ...] = ()) -> subprocess.CompletedProcess[str]:
        words: list[object] = [*before, INSTALL, self.path, "--from",
                               source or packages()["snkeeper-agent"]]
        if not bare:
            words += ["--coordinator", COORDINATOR, "--server-key", KEY, "--cluster",
                      EXAMPLES / "cluster.toml"]
        return run(*words, *more, pass_fds=pass_fds)
