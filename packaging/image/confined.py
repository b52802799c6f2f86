"""Runs a program of a tree with no rights: whoever may write to the tree decides what its libraries do.

It gets namespaces of its own (mounts, processes, network, IPC, host name), the tree read-only as its
root and nothing else of this machine, the numbers of nobody, no capability and no way to one, three
descriptors, and limits.  python 3.6 has few of these calls, so libc is asked.
"""

import collections
import ctypes
import errno
import fcntl
import os
import resource
import select
import signal
import time

from . import Refused

NOBODY = 65534              # on every Linux; owns no file that counts
MAX_OUTPUT = 64 << 10
MAX_MEMORY = 2 << 30        # a program that reads two files
MAX_FILES = 64
FAILED = 125                # of the children here: the program was not started

_CLONE_NEWNS = 0x00020000
_CLONE_NEWUTS = 0x04000000
_CLONE_NEWIPC = 0x08000000
_CLONE_NEWPID = 0x20000000
_CLONE_NEWNET = 0x40000000
_SPACES = _CLONE_NEWNS | _CLONE_NEWUTS | _CLONE_NEWIPC | _CLONE_NEWPID | _CLONE_NEWNET

_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_NOEXEC = 1, 2, 4, 8
_MS_REMOUNT, _MS_BIND, _MS_REC, _MS_PRIVATE = 0x20, 0x1000, 0x4000, 0x40000
_MS_RELATIME, _ST_RELATIME = 1 << 21, 4096
_MS_NOATIMES = 1024 | 2048  # the same bits in statvfs(3)
_MNT_DETACH = 2

_PR_SET_PDEATHSIG, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT = 1, 24, 38, 47
_PR_CAP_AMBIENT_CLEAR_ALL = 4
_CAPABILITY_VERSION_3 = 0x20080522
# keyctl(2) is no function of libc: root's session keyring is open to whoever inherits it.
_SYS_KEYCTL = {"x86_64": 250, "aarch64": 219, "ppc64le": 271, "s390x": 280}
_KEYCTL_JOIN_SESSION_KEYRING = 1

_ENDS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}

# status: as a shell has it; output: what it said, cut and harmless to a terminal.
Ended = collections.namedtuple("Ended", "status output")


class CannotConfine(Exception):
    """This machine does not give what it takes; nothing was run."""


class NotStarted(OSError):
    """The program itself does not start."""


class _Libc:
    """Everything that the children call is looked up before: what is imported or loaded after the
    change of root would come from the tree."""

    def __init__(self):
        libc = ctypes.CDLL(None, use_errno=True)
        self.unshare = libc.unshare
        self.mount = libc.mount
        self.umount2 = libc.umount2
        self.pivot_root = libc.pivot_root
        self.prctl = libc.prctl
        self.capset = libc.capset
        self.syscall = libc.syscall
        self.keyctl = _SYS_KEYCTL.get(os.uname().machine)
        self.errno = ctypes.get_errno

    def must(self, result):
        if result != 0:
            raise OSError(self.errno(), "")


def run(root, arguments, environment, over, deadline_s):
    """Runs it in the tree `root`.  `over`: (file, place) pairs of paths there; the program finds the
    file in the place.  Raises CannotConfine or NotStarted."""
    try:
        libc = _Libc()
    except (OSError, AttributeError) as error:
        raise CannotConfine("its C library lacks a call: {}".format(error))
    words = [os.fsencode(word) for word in arguments]
    variables = {os.fsencode(name): os.fsencode(value) for name, value in environment.items()}
    pairs = [(os.fsencode(file), os.fsencode(place)) for file, place in over]
    null = os.open("/dev/null", os.O_RDWR)
    output, said = os.pipe()
    trouble, told = os.pipe()
    # A signal must not have the child do what is the parent's: remove files.
    signals = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDS)
    try:
        child = os.fork()
        if child == 0:
            _become_prison(libc, os.fsencode(root), words, variables, pairs, null, said, told,
                           signals)
    finally:
        for number in (null, said, told):
            os.close(number)
    news = b""
    try:
        signal.pthread_sigmask(signal.SIG_SETMASK, signals)
        until = time.monotonic() + deadline_s
        text = _read(root, output, until)
        # The program has no part in this: its end is closed when it begins.
        news = os.read(trouble, 256)
        status = _wait(root, child, until)
    except BaseException:
        _end(child, news, trouble)
        raise
    finally:
        os.close(output)
        os.close(trouble)
    for step, number in _told(news):
        if step == "exec":
            raise NotStarted(number, os.strerror(number))
        if step != "process":
            raise CannotConfine("{}: {}".format(step, os.strerror(number)))
    return Ended(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status),
                 _plain(text))


def _plain(text):
    """What it prints goes to the terminal of root: no byte of it may steer that."""
    decoded = text.decode("utf-8", "replace").strip()
    return "".join(character if character.isprintable() or character == "\n" else "?"
                   for character in decoded)


def _told(news):
    """What the children said: a step that failed with its errno, or "process" with its pid."""
    words = news.decode().split()
    return [(step, int(number)) for step, number in zip(words[::2], words[1::2])]


def _end(child, news, trouble):
    """Ends the program, and with it all that it began; the child reaps it."""
    os.set_blocking(trouble, False)
    try:
        news += os.read(trouble, 256)
    except BlockingIOError:
        pass
    # Without a process it is not that far yet, and whoever comes later dies with its parent.
    try:
        os.kill(dict(_told(news)).get("process", child), signal.SIGKILL)
    except ProcessLookupError:
        pass
    os.waitpid(child, 0)


def _read(root, number, until):
    """All it says, until nobody can say more or it says too much."""
    text = b""
    while True:
        left = until - time.monotonic()
        if left <= 0 or not select.select([number], [], [], left)[0]:
            raise Refused("{}: the agent, run in it, does not end".format(root))
        piece = os.read(number, 4096)
        text += piece
        if not piece:
            return text
        if len(text) > MAX_OUTPUT:
            raise Refused("{}: the agent, run in it, does not stop talking".format(root))


def _wait(root, child, until):
    """Its status; it may have closed its output long before it ends."""
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status
        if time.monotonic() > until:
            raise Refused("{}: the agent, run in it, does not end".format(root))
        time.sleep(0.005)


def _become_prison(libc, root, words, variables, pairs, null, said, told, signals):
    """The child: makes the namespaces, then the process in them, and is gone when that is."""
    step = b"start"
    try:
        os.setsid()
        for number in _ENDS | {signal.SIGPIPE}:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, signals)
        told = _only_descriptors(null, said, told)
        libc.must(libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0))
        if libc.keyctl is not None:
            libc.syscall(libc.keyctl, _KEYCTL_JOIN_SESSION_KEYRING, None)
        step = b"unshare"
        libc.must(libc.unshare(_SPACES))
        step = b"mount"
        _enter_tree(libc, root, pairs)
        step = b"fork"
        child = os.fork()
        if child == 0:
            step = b"drop"
            _drop(libc)
            step = b"exec"
            os.execve(words[0], words, variables)
        os.write(told, b"process %d\n" % child)
        os.close(told)
        os.close(1)
        os.close(2)
        status = os.waitpid(child, 0)[1]
        os._exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))
    except Exception as error:
        os.write(told, step + b" %d\n" % (getattr(error, "errno", None) or errno.EINVAL))
    finally:
        os._exit(FAILED)


def _only_descriptors(null, said, told):
    """0, 1 and 2, and one for trouble that closes with exec."""
    # Out of each other's way first: this program may have been started without the three.
    null, said, told = (fcntl.fcntl(number, fcntl.F_DUPFD, 10) for number in (null, said, told))
    for number, place in ((null, 0), (said, 1), (said, 2), (told, 3)):
        os.dup2(number, place)
    os.set_inheritable(3, False)
    # Not up to the limit, which is a thousand million in some containers.
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 3:
            try:
                os.close(int(name))
            except OSError:
                pass    # that of the list itself
    return 3


def _enter_tree(libc, root, pairs):
    """The tree is the root, read-only, and this machine's own is nowhere.  What is mounted in the
    tree stays outside: it may be this machine's /dev, or /run with its sockets."""
    libc.must(libc.mount(b"none", b"/", None, ctypes.c_ulong(_MS_REC | _MS_PRIVATE), None))
    libc.must(libc.mount(root, root, None, ctypes.c_ulong(_MS_BIND), None))
    # From here on `root` names the mount that is beneath; this is the new one.
    os.chdir(root)
    had = os.statvfs(b".").f_flag
    flags = (had & (_MS_NOEXEC | _MS_NOATIMES)) | (_MS_RELATIME if had & _ST_RELATIME else 0)
    libc.must(libc.mount(b"none", b".", None, ctypes.c_ulong(
        flags | _MS_REMOUNT | _MS_BIND | _MS_RDONLY | _MS_NOSUID | _MS_NODEV), None))
    libc.must(libc.pivot_root(b".", b"."))
    libc.must(libc.umount2(b".", _MNT_DETACH))
    os.chdir(b"/")
    # Now a link leads nowhere but into the tree.
    for file, place in pairs:
        libc.must(libc.mount(file, place, None, ctypes.c_ulong(_MS_BIND), None))


def _limit(what, most):
    """Never more than there was."""
    hard = resource.getrlimit(what)[1]
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (most, most))


def _drop(libc):
    """No right is left, and none can come back."""
    _limit(resource.RLIMIT_AS, MAX_MEMORY)
    _limit(resource.RLIMIT_CPU, 30)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_NOFILE, MAX_FILES)
    libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)     # not in Linux 4.2
    capability = 0
    while libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) == 0:
        capability += 1
    if libc.errno() != errno.EINVAL:
        raise OSError(libc.errno(), "")
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    libc.must(libc.capset(header, (ctypes.c_uint32 * 6)()))
    libc.must(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    # A change of ids takes this away.
    libc.must(libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0))
    # The last: a user with as many processes may not start a program.
    _limit(resource.RLIMIT_NPROC, 0)
