"""The world: own pid, mount, network, uts and ipc namespaces around a whole test program.

    keeper (the program as it was started; only waits)
      '- world (first process of a new pid namespace; everything else happens here)
           '- the machines of the cluster, each in namespaces of its own

The world dies with its keeper (PR_SET_PDEATHSIG), and with the world, its pid namespace's first
process, the kernel kills every process of the cluster.  No namespace has a name, and no file is
written outside a tmpfs that only the world sees, so when the processes are gone nothing is left:
not after an error, not after Ctrl-C, not after SIGKILL.  The one exception, a control group for
those who ask for it, is in control_group.py.
"""

import os
import select
import signal
import sys
import termios
import traceback
from pathlib import Path
from typing import Callable, NoReturn

from . import control_group, kernel

# A tmpfs of the world's own hides the machine's /run: the daemons of the machine are out of reach.
ROOM = "/run/cluster"

EXIT_NEEDS_ROOT = 77

# The control group of this world, if one was asked for and could be had.
group: Path | None = None


def run(body: Callable[[], int], with_control_group: bool = False) -> NoReturn:
    """Runs `body` in a new world and exits with its result."""
    global group
    if os.geteuid() != 0:
        print("a cluster of namespaces needs root: run it with sudo", file=sys.stderr)
        sys.exit(EXIT_NEEDS_ROOT)
    sys.stdout.flush()
    sys.stderr.flush()

    # The keeper's end of this pipe closes when it dies: how the world tells that the keeper was
    # gone before PR_SET_PDEATHSIG was in place.
    lifeline, keepers_end = os.pipe()
    signals = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals | {signal.SIGCHLD})
    group = control_group.make() if with_control_group else None
    kernel.unshare(kernel.CLONE_NEWPID)
    child = os.fork()
    if child == 0:
        _world(body, lifeline, keepers_end, signals)
    os.close(lifeline)
    _keep(child, signals)


def _keep(child: int, signals: set[signal.Signals]) -> NoReturn:
    terminal = termios.tcgetattr(sys.stdin) if sys.stdin.isatty() else None
    while True:
        received = signal.sigwait(signals | {signal.SIGCHLD})
        if received == signal.SIGCHLD:
            pid, status = os.waitpid(child, os.WNOHANG)
            if pid == child:
                break
        else:
            # waitpid returns only when every process of the pid namespace is gone.
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            _remove_group()
            if terminal:    # a shell of the world may have had it
                signal.signal(signal.SIGTTOU, signal.SIG_IGN)
                termios.tcsetattr(sys.stdin, termios.TCSANOW, terminal)
            print("\ninterrupted; nothing is left behind", file=sys.stderr, flush=True)
            signal.signal(received, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
            os.kill(os.getpid(), received)
    _remove_group()
    os._exit(os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 1)


def _remove_group() -> None:
    if group:
        control_group.remove(group)


def _world(body: Callable[[], int], lifeline: int, keepers_end: int,
           signals: set[signal.Signals]) -> NoReturn:
    code = 1
    try:
        os.close(keepers_end)
        kernel.die_with_parent()
        if select.select([lifeline], [], [], 0)[0]:
            os._exit(1)
        # The keeper alone decides what a signal means.  The first process of a pid namespace is
        # immune to a signal without handler, and what it starts inherits an ordinary default.
        for number in signals:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, signals | {signal.SIGCHLD})
        kernel.unshare(kernel.CLONE_NEWNS | kernel.CLONE_NEWNET | kernel.CLONE_NEWUTS |
                       kernel.CLONE_NEWIPC)
        kernel.make_mounts_private()
        kernel.mount("proc", "/proc", "proc")
        kernel.mount("cluster", "/run", "tmpfs", kernel.MS_NOSUID, "mode=755")
        os.mkdir(ROOM)
        os.mkdir("/run/tmp", 0o700)
        os.environ["TMPDIR"] = "/run/tmp"
        code = body()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
