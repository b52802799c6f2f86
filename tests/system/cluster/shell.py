"""A shell on a machine of the cluster, for a person who wants to type.

On a terminal it has a terminal of its own, so that Ctrl-C ends what runs in it and not the cluster.
"""

import fcntl
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import tty
from typing import Any

from .host import Host

_NO_TERMINAL = "\0" * 8


def run(host: Host, prompt: str) -> int:
    """Returns when the shell was left; its exit code."""
    own = sys.stdin.isatty() and sys.stdout.isatty()
    shell = ["bash", "--norc", "--noprofile", *(["-i"] if own else [])]
    if own:
        # Job control needs a terminal that belongs to a session of the machine's own.
        shell = ["setsid", "--ctty", "--wait", *shell]
    environment = host.environment({"PS1": prompt, "TERM": os.environ.get("TERM", "dumb")})
    command = ["env", "-i", *(f"{name}={value}" for name, value in environment.items()),
               *host.entering(shell)]
    if not own:
        return subprocess.run(command, check=False).returncode
    pid, screen = pty.fork()
    if pid == 0:
        os.execvp(command[0], command)

    def resize(*_: Any) -> None:
        size = fcntl.ioctl(sys.stdin.fileno(), termios.TIOCGWINSZ, _NO_TERMINAL)
        fcntl.ioctl(screen, termios.TIOCSWINSZ, size)

    before = termios.tcgetattr(sys.stdin)
    resize()
    signal.signal(signal.SIGWINCH, resize)
    ended = os.pidfd_open(pid)
    try:
        _relay(screen, ended)
    finally:
        signal.signal(signal.SIGWINCH, signal.SIG_DFL)
        termios.tcsetattr(sys.stdin, termios.TCSAFLUSH, before)
        os.close(ended)
        os.close(screen)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _relay(screen: int, ended: int) -> None:
    """Every key goes to the shell's terminal as it is, also Ctrl-C.  Until the shell has ended: a
    program that it left behind may hold the terminal for ever."""
    keyboard = sys.stdin.fileno()
    tty.setraw(keyboard)
    sources = [screen, keyboard, ended]
    while True:
        readable = select.select(sources, [], [])[0]
        # What it said last is shown first.
        if readable == [ended]:
            return
        for ready in readable:
            if ready == ended:
                continue
            try:
                piece = os.read(ready, 65536)
            except OSError:     # EIO: the last process that had it open is gone
                piece = b""
            if ready == screen and not piece:
                return
            if not piece:
                sources.remove(keyboard)
            else:
                os.write(screen if ready == keyboard else sys.stdout.fileno(), piece)
