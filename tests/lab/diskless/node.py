"""A real diskless node: user-mode Linux with a real kernel NFS client and systemd as init.

It has the interface of the system tests' nodes, so that what they assert about a node is asserted
about this one; only how a command gets into it and a file out of it differs.
"""

import io
import os
import shlex
import shutil
import stat
import subprocess
import tarfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping

from cluster import wait
from cluster.host import CommandFailed, state
from cluster.inventory import EXTERNAL_NFS
from cluster.node import Node
from cluster.tree import Snapshot

from . import paper
from .hand import Done, Hand, NoAnswer
from .paper import LabInventory, LabNodeEntry
from .root import NodeRoot

MEMORY = "160M"
BOOT_DEADLINE_S = 180.0
# What UML's kernel says at every boot.
_CHATTER = ("SELinux:", "mmapper_init", "Failed to initialize ubd")
# In the hand's tmpfs.
_CAUGHT = "/tmp/caught"
_SNAPSHOT = ("etc", "opt", "root", "home")


@dataclass(frozen=True)
class NfsMount:
    """As the kernel's table has it."""
    place: str
    source: str
    address: str
    version: str
    read_only: bool


class DisklessNode(Node):
    """Off when made.  `init` is the pid in the world of the process that is its power."""

    def __init__(self, entry: LabNodeEntry, inventory: LabInventory, style: str,
                 initramfs: Path, room: Path) -> None:
        # Not Node's: there is no tree of namespaces.
        self.name = entry.name
        self.entry: LabNodeEntry = entry
        self.inventory = inventory
        self.style = style
        self.hand = Hand(entry.address)
        self.init = 0
        self.tap = f"tap.{entry.name}"
        self.console = room / "logs" / f"{entry.name}.console.log"
        self._initramfs = initramfs
        self._uml = room / "uml"
        self._uml.mkdir(exist_ok=True)
        self.console.parent.mkdir(exist_ok=True)
        self._process: subprocess.Popen[bytes] | None = None

    memory = MEMORY
    first_process = "/sbin/init"

    # --- Power ---------------------------------------------------------------------------------

    def boot(self, root: NodeRoot, sn_address: str) -> None:
        """Power on; back at once."""
        arguments = [
            f"mem={self.memory}", f"umid={self.name}", f"uml_dir={self._uml}",
            f"initrd={self._initramfs}",
            # gro=1: the bridge hands over frames that were never cut to size.
            f"vec0:transport=tap,ifname={self.tap},depth=64,gro=1,mac={self.mac}",
            "con=null", "con0=null,fd:1", "quiet", "loglevel=4", "panic=-1",
            "selinux=0",
            # The kernel's own tests of what no node here uses: most of the time until /init.
            "initcall_blacklist=raid6_select_algo,calibrate_xor_blocks", "cryptomgr.notests",
            f"lab.node={self.name}", f"lab.address={self.entry.address}/24",
            f"lab.networks={paper.EXTERNAL_NFS_NETWORK}", f"lab.gateway={sn_address}",
            f"lab.nfs={EXTERNAL_NFS}", f"lab.options={root.options}",
            f"lab.init={self.first_process}",
            f"lab.root={root.root}", f"lab.root_address={root.root_address}",
            f"lab.usr={root.usr}", f"lab.persistent={root.persistent}",
            *(["lab.read_only"] if self.entry.statelite else []),
            "lab.mounts=" + ";".join("@".join(mount) for mount in root.mounts)]
        shutil.rmtree(self._uml / self.name, ignore_errors=True)     # of the last boot
        with open(self.console, "wb") as console:
            # UML is many processes: as the pid namespace of one they end together.
            self._process = subprocess.Popen(
                ["unshare", "--pid", "--fork", "--kill-child", "--", "sh", "-c",
                 'linux.uml "$@" & wait $!', "sh", *arguments],
                stdin=subprocess.DEVNULL, stdout=console, stderr=console,
                env={**self.environment(), "HOME": str(self._uml), "TMPDIR": os.environ["TMPDIR"]})
        self.init = self._process.pid
        self.boot_id = ""

    def power_off(self) -> None:
        """As when its power fails."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(wait.DEADLINE_S)
            self._process = None
            self.init = 0

    @property
    def is_on(self) -> bool:
        return self._process is not None and state(self._process.pid) not in ("", "Z")

    def wait_line(self, word: str, deadline_s: float = BOOT_DEADLINE_S) -> str:
        """Waits for the console line `lab: WORD ...` and returns the rest of it."""
        def line() -> str:
            text = self.console.read_text(errors="replace")
            for each in text.splitlines():
                if each.startswith(f"lab: {word}"):
                    return each.strip()
                if each.startswith("lab: FAILED"):
                    raise CommandFailed(f"{self.name}: {each}\n{text[-2000:]}")
            if not self.is_on:
                raise CommandFailed(f"{self.name} went off while booting:\n{text[-2000:]}")
            return ""
        found = wait.until(f"{self.name}: console line 'lab: {word}'", line, deadline_s,
                           state=lambda: self.console.read_text(errors="replace")[-1500:])
        return found.removeprefix(f"lab: {word}").strip()

    @property
    def mac(self) -> str:
        return f"02:00:0a:01:01:{self.entry.number + 10:02x}"

    # --- Commands ------------------------------------------------------------------------------

    def sh(self, script: str, deadline_s: float = wait.DEADLINE_S, check: bool = True,
           in_memory: bool = False) -> Done:
        """A shell script in the node.  in_memory: in the hand's tmpfs, whatever servers do."""
        done = self.hand.run(script, deadline_s, in_memory)
        if check and done.exit != 0:
            how = f"exit {done.exit}" if done.exit is not None else f"not within {deadline_s:g} s"
            raise CommandFailed(f"{self.name}: {script}: {how}\n{done.output}{done.error}")
        return done

    def run(self, *command: str, stdin: str | None = None, check: bool = True,
            deadline_s: float = wait.DEADLINE_S,
            env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        if stdin is not None or env:
            raise ValueError("the hand passes neither on")
        done = self.sh(shlex.join(command), deadline_s, check)
        if done.exit is None:
            raise subprocess.TimeoutExpired(command, deadline_s, done.output, done.error)
        return subprocess.CompletedProcess(command, done.exit, done.output, done.error)

    def systemctl(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run("systemctl", *arguments, check=False)

    # --- Files ---------------------------------------------------------------------------------

    def path(self, path: str) -> Path:
        raise NotImplementedError("a file of a real node is only there in the node")

    def read(self, path: str) -> str:
        done = self.hand.read(path, wait.DEADLINE_S)
        if done.exit != 0:
            raise FileNotFoundError(f"{self.name}:{path}: {done.error.strip()}")
        return done.output

    def read_if_there(self, path: str) -> str:
        done = self.hand.read(path, wait.DEADLINE_S)
        return done.output if done.exit == 0 else ""

    def bytes_if_there(self, path: str) -> bytes:
        done = self.hand.read(path, wait.DEADLINE_S)
        return done.raw if done.exit == 0 else b""

    def write(self, path: str, text: str) -> None:
        self.sh(f"printf %s {shlex.quote(text)} >{shlex.quote(path)}")

    def snapshot(self) -> Snapshot:
        """As the node sees its files, through links' names and bind mounts alike."""
        archive = self.sh(f"tar -C / -cf - {' '.join(_SNAPSHOT)}").raw
        snapshot = Snapshot(Path("/"), ())
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            for member in files:
                if member.issym():
                    kind, content = stat.S_IFLNK, member.linkname.encode()
                elif member.isdir():
                    kind, content = stat.S_IFDIR, b""
                else:
                    source = files.extractfile(member)
                    kind, content = stat.S_IFREG, source.read() if source else b""
                snapshot.entries["/" + member.name] = (kind | member.mode, member.uid, member.gid,
                                                       content)
        # A link of the image into this node's statelite area is the file that it names.
        links = {path: entry[3].decode() for path, entry in snapshot.entries.items()
                 if stat.S_ISLNK(entry[0]) and entry[3].startswith(b"/.statelite/")}
        for path, target in links.items():
            found = self.sh(f"stat -Lc '%f %u %g' {shlex.quote(path)} && cat {shlex.quote(path)}",
                            check=False)
            if found.exit == 0:
                head, _, content = found.raw.partition(b"\n")
                mode, uid, gid = head.split()
                snapshot.entries[path] = (int(mode, 16), int(uid), int(gid), content)
        return snapshot

    # --- Processes -----------------------------------------------------------------------------

    def pid(self, inner: int) -> int:
        raise NotImplementedError("a process of a real node has no pid outside")

    def service_pid(self, name: str) -> int:
        """As the node numbers it; 0: does not run.  The first process of the service: systemd
        would say the same, and take ten times as long."""
        listed = self.read_if_there(f"/sys/fs/cgroup/system.slice/{name}.service/cgroup.procs")
        pids = [int(line) for line in listed.split()]
        return next((pid for pid in pids
                     if self.read_if_there(f"/proc/{pid}/comm").strip() == f"{name}d"), 0)

    def hold_rsyslog(self) -> None:
        """The next starts of rsyslog wait until `let_rsyslog_go`."""
        self.sh("mkfifo /run/hold-rsyslog")

    def rsyslog_is_held(self) -> bool:
        return self.sh("test $(systemctl show -P SubState rsyslog) = start-pre",
                       check=False).exit == 0

    def let_rsyslog_go(self) -> None:
        # Opened for both, so that it does not wait for a reader; one that waits gets its line.
        self.sh("mv /run/hold-rsyslog /run/let-go && exec 3<>/run/let-go && echo >&3 && "
                "rm /run/let-go")

    def kill_agent(self, *names: str) -> None:
        """SIGKILL to its `executor`, its `session` or both, at once."""
        files = " ".join(f"/run/snagent/{name}.pid" for name in names)
        self.sh(f"kill -KILL $(cat {files})")

    def kill_when_mounted(self, place: str, source: str, name: str) -> None:
        """From now on, once: SIGKILL to every process called `name` as soon as what is mounted on
        `place` begins with `source`; empty: as soon as nothing is.  See guest/hand.cc."""
        self.sh(f"setsid hand catch {place} {source or '-'} {name} {_CAUGHT} "
                "</dev/null >/dev/null 2>&1 &", in_memory=True)
        wait.until(f"{self.name}: the hand watches {place}", lambda: self._caught()[:1] ==
                   ["waiting"], state=self._caught)

    def killed_when_mounted(self) -> tuple[str, list[int]] | None:
        """What was mounted there, and who was killed; None: it has not come so far."""
        line = self._caught()[1:]
        if not line:
            return None
        _, source, *pids = line[0].split()
        return source.removeprefix("-"), [int(pid) for pid in pids]

    def _caught(self) -> list[str]:
        return self.hand.read(_CAUGHT, wait.DEADLINE_S, in_memory=True).output.splitlines()

    @property
    def executor(self) -> int:
        return self._number("executor.pid")

    @property
    def session(self) -> int:
        return self._number("session.pid")

    def _number(self, name: str) -> int:
        text = self.read_if_there(f"/run/snagent/{name}").strip()
        return int(text) if text.isdigit() else 0

    def nfs_mounts(self) -> list[NfsMount]:
        """Asked of the kernel through the hand's own proc: no server is."""
        mounts = []
        table = self.hand.read("/proc/1/mounts", wait.DEADLINE_S, in_memory=True)
        for line in table.output.splitlines():
            source, place, kind, options = line.split()[:4]
            if kind in ("nfs", "nfs4"):
                words = options.split(",")
                values = dict(word.split("=", 1) for word in words if "=" in word)
                mounts.append(NfsMount(place, source, values["addr"], values["vers"],
                                       "ro" in words))
        return mounts

    def routes(self) -> list[dict[str, Any]]:
        """Without those to networks on the link, which go through nobody."""
        return [route for route in super().routes() if "gateway" in route]

    # --- Evidence ------------------------------------------------------------------------------

    def evidence(self) -> list[tuple[str, str]]:
        """What is worth reading after a failure, as far as the node still tells."""
        lines = self.console.read_text(errors="replace").splitlines()
        found = [("console", "\n".join(line for line in lines
                                       if not line.startswith(_CHATTER))[-1500:])]
        for what, command, in_memory in (
                ("agent", "journalctl -u snagentd -b -n 40 -o short-monotonic --no-pager", False),
                ("units", "systemctl --failed --no-legend --plain; "
                          "journalctl -b -p err -n 20 -o cat --no-pager", False),
                ("mounts", "grep -E ' nfs4? ' /proc/1/mounts", True),
                ("waiting", "ps -o pid,stat,args | grep ' [D]'", True)):
            try:
                done = self.hand.run(command, 5, in_memory)
                found.append((what, (done.output + done.error)[-4000:]))
            except NoAnswer as problem:
                found.append((what, f"no answer: {problem}"))
        return found
