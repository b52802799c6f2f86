"""One machine: namespaces of its own, a root tree, and the processes in it."""

import contextlib
import os
import signal
import subprocess
import uuid
from pathlib import Path
from typing import Mapping, NoReturn, Sequence

from . import kernel, wait
from .tree import Tree

_ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin",
    "LC_ALL": "C.UTF-8", "HOME": "/root", "TZ": "UTC", "TERM": "dumb",
}
# Passed on, so that a build with sanitizers can be told what to do.
_PASSED_ON = ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS")

COMMAND_DEADLINE_S = 90.0


class CommandFailed(RuntimeError):
    """No assertion: something a test relies on does not work."""


class Host:
    """`init` is the machine's first process, as a pid of the world."""

    def __init__(self, name: str, tree: Tree, binaries: Path | None = None) -> None:
        self.name = name
        self.tree = tree
        self.binaries = binaries
        self.init = 0
        self.boot_id = ""

    # --- Power ---------------------------------------------------------------------------------

    def power_on(self) -> None:
        self.boot_id = str(uuid.uuid4())
        read_end, write_end = os.pipe()
        middle = os.fork()
        if middle == 0:
            os.close(read_end)
            self._become_machine(write_end)
        os.close(write_end)
        with os.fdopen(read_end) as pipe:
            lines = pipe.read().splitlines()
        os.waitpid(middle, 0)
        # Two processes report, in no certain order: the pid, and that the machine is up.
        pids = [line for line in lines if line.isdigit()]
        if len(pids) != 1 or sorted(lines) != sorted([*pids, "up"]):
            raise RuntimeError(f"{self.name} did not come up: {' '.join(lines)}")
        self.init = int(pids[0])

    def power_off(self) -> None:
        """Every process of the machine ends at once, as when its power fails."""
        if self.init:
            os.kill(self.init, signal.SIGKILL)
            # Its first process is gone when every other one is.
            wait.until(f"{self.name} is off", lambda: os.waitpid(self.init, os.WNOHANG)[0],
                       state=self.processes)
            self.init = 0

    def _become_machine(self, report: int) -> NoReturn:
        """Runs in a fork of the world that becomes the machine's first process."""
        try:
            kernel.unshare(kernel.CLONE_NEWPID | kernel.CLONE_NEWNET | kernel.CLONE_NEWNS |
                           kernel.CLONE_NEWUTS | kernel.CLONE_NEWIPC)
            pid = os.fork()
            if pid != 0:
                os.write(report, f"{pid}\n".encode())
                os._exit(0)
            null = _drop_other_descriptors(report)
            kernel.make_mounts_private()
            self._before_enter()
            self.tree.enter(self.binaries, self.boot_id)
            kernel.set_hostname(self.name)
            # What the kernel hands down from the real machine is set, not assumed.
            for name, value in (("ipv4/ip_forward", "0"), ("ipv6/conf/all/disable_ipv6", "1"),
                                ("ipv6/conf/default/disable_ipv6", "1"),
                                ("unix/max_dgram_qlen", "10"),
                                ("ipv4/ping_group_range", "0 2147483647")):
                setting = Path("/proc/sys/net") / name
                if setting.exists():
                    setting.write_text(value)
            # Most other settings belong to the real machine.
            kernel.bind("/proc/sys", "/proc/sys", read_only=True)
            self._before_init()
            os.write(report, b"up\n")
            os.close(report)
            report = null
            self._init()
        except BaseException as error:
            os.write(report, f"{type(error).__name__}: {error}\n".encode())
        finally:
            os._exit(1)

    def _before_enter(self) -> None:
        """For a machine that needs more than every machine has.  Runs in its first process,
        which still sees the world's root."""

    def _before_init(self) -> None:
        """The same, when the root is the machine's own."""

    def _init(self) -> NoReturn:
        """The machine's first process: reaps what nobody waits for.  Returns only when it fails."""
        kernel.set_process_name("init")
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        while True:
            signal.sigwait({signal.SIGCHLD})
            try:
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            except ChildProcessError:
                pass

    # --- Commands ------------------------------------------------------------------------------

    def entering(self, command: Sequence[str]) -> list[str]:
        """`command` as one to be started from the world."""
        # --no-fork would stay outside of the pid namespace.
        return ["nsenter", "--target", str(self.init), "--mount", "--uts", "--ipc", "--net",
                "--pid", "--", *command]

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        return {**_ENVIRONMENT, **passed_on, **(more or {})}

    def start(self, *command: str, stdin: int = subprocess.DEVNULL, stdout: int = subprocess.PIPE,
              stderr: int = subprocess.PIPE,
              env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        return subprocess.Popen(self.entering(command), stdin=stdin, stdout=stdout, stderr=stderr,
                                text=True, env=self.environment(env))

    def run(self, *command: str, stdin: str | None = None, check: bool = True,
            deadline_s: float = COMMAND_DEADLINE_S,
            env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Runs a command to its end.  `check`: an exit code other than 0 is a failure."""
        process = self.start(*command, env=env,
                             stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE)
        try:
            out, error = process.communicate(stdin, timeout=deadline_s)
        except subprocess.TimeoutExpired:
            # The command, not nsenter: an orphan of the world would keep the machine from ending.
            for pid in children(process.pid):
                os.kill(pid, signal.SIGKILL)
            process.communicate()
            raise
        done = subprocess.CompletedProcess(command, process.returncode, out, error)
        if check and done.returncode != 0:
            raise CommandFailed(f"{self.name}: {' '.join(command)}: exit {done.returncode}\n"
                                f"{done.stdout}{done.stderr}")
        return done

    def start_logged(self, *command: str) -> subprocess.Popen[str]:
        """For what leaves a daemon behind: nobody waits for it to close a pipe."""
        path = self.tree.path.parent / "logs" / f"{self.name}.boot.log"
        path.parent.mkdir(exist_ok=True)
        with open(path, "a") as log:
            return self.start(*command, stdout=log.fileno(), stderr=log.fileno())

    def output(self, *command: str) -> str:
        return self.run(*command).stdout

    # --- Files ---------------------------------------------------------------------------------

    def path(self, path: str) -> Path:
        """A file as the machine sees it, for as long as it is up."""
        return Path(f"/proc/{self.init}/root") / path.lstrip("/")

    def read(self, path: str) -> str:
        return self.path(path).read_text()

    def write(self, path: str, text: str) -> None:
        """Replaces the content and leaves owner and mode."""
        self.path(path).write_text(text)

    def replace_in(self, path: str, old: str, new: str) -> None:
        text = self.read(path)
        if old not in text:
            raise AssertionError(f"{self.name}:{path} has no {old!r}:\n{text}")
        self.write(path, text.replace(old, new))

    # --- Processes -----------------------------------------------------------------------------

    def processes(self) -> dict[int, str]:
        """pid in the world -> name, of every process of the machine."""
        space = _pid_namespace(self.init)
        found = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and _pid_namespace(int(entry.name)) == space:
                try:
                    found[int(entry.name)] = (entry / "comm").read_text().strip()
                except (FileNotFoundError, ProcessLookupError):
                    continue
        return found

    def pids(self, name: str) -> set[int]:
        return {pid for pid, comm in self.processes().items() if comm == name}

    def pid(self, inner: int) -> int:
        """The world's pid of the process that has the pid `inner` in the machine; 0: none."""
        for pid in self.processes():
            if inner_pid(pid) == inner:
                return pid
        return 0

    def kill(self, name: str) -> None:
        """Every process of that name; one may end with another of them."""
        for pid in self.pids(name):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def kill_pid_file(self, path: str) -> int:
        """Sends SIGKILL to the process named in a pid file.  Returns its pid, now dead."""
        pid = self.pid(int(self.read(path)))
        if not pid:
            raise AssertionError(f"{self.name}: the process in {path} does not run")
        started = start_time(pid)
        os.kill(pid, signal.SIGKILL)
        wait.until(f"{self.name}: {pid} from {path} is dead",
                   lambda: start_time(pid) != started or state(pid) == "Z")
        return pid


def _drop_other_descriptors(keep: int) -> int:
    """Returns one that is open on /dev/null."""
    null = os.open("/dev/null", os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.closerange(3, keep)
    os.closerange(keep + 1, 65536)
    return 0


def _pid_namespace(pid: int) -> str:
    try:
        return os.readlink(f"/proc/{pid}/ns/pid")
    except OSError:
        return ""


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the third (state) on."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return text[text.rindex(")") + 2:].split()


def start_time(pid: int) -> str:
    """Tells a process from a later one with the same pid; empty when there is none."""
    fields = _stat(pid)
    return fields[19] if fields else ""


def state(pid: int) -> str:
    fields = _stat(pid)
    return fields[0] if fields else ""


def children(pid: int) -> list[int]:
    try:
        return [int(child) for child in
                Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def parent(pid: int) -> int:
    fields = _stat(pid)
    return int(fields[1]) if fields else 0


def inner_pid(pid: int) -> int:
    """The pid that a process has in its own pid namespace."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("NSpid:"):
                return int(line.split()[-1])
    except (FileNotFoundError, ProcessLookupError):
        pass
    return 0
