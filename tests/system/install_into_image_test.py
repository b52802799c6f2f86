#!/usr/bin/python3 -B
"""The agent is put into the root tree of diskless nodes, which may be running from it."""

import contextlib
import fcntl
import os
import re
import shutil
import socket
import stat
import subprocess
import tomllib
import unittest
from pathlib import Path
from tempfile import mkdtemp

from cluster import case, image, wait
from cluster.cluster import REPOSITORY, binaries
from cluster.image import COORDINATOR, EXAMPLES, INSTALL, KEY, ImageTree, must, run

PROGRAM = "/usr/sbin/snagentd"
CONFIG = "/etc/snagent/agent.toml"
CLUSTER = "/etc/snagent/cluster.toml"
WANTED = "/etc/systemd/system/sysinit.target.wants/snagentd.service"

# What the root of a node may put into its tree on the server.  Every number in it is root's own here.
ATTACK = r"""
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void leave(int from, const char* path, const char* mark) {
  int there = openat(from, path, O_WRONLY | O_CREAT, 0644);
  if (there >= 0) (void)!write(there, mark, strlen(mark));
}

static unsigned long limit(int what) {
  struct rlimit limits;
  getrlimit(what, &limits);
  return limits.rlim_max;
}

static void report(void) {
  unsigned data[6] = {0}, header[2] = {_LINUX_CAPABILITY_VERSION_3, 0};
  syscall(SYS_capget, header, data);
  int bounds = 0, others = 0;
  for (int i = 0; i < 64; ++i) bounds += prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 1;
  for (int fd = 3; fd < 65536; ++fd) others += fcntl(fd, F_GETFD) >= 0;
  unsigned caps = 0;
  for (int i = 0; i < 6; ++i) caps |= data[i];
  printf("uid %u %u, gid %u %u, groups %d, caps %x, bounds %d, no_new_privs %d, others %d, "
         "came back %d, elsewhere %d, core %lu, size %lu, cpu %lu, memory %d, \033[2Jend\n",
         getuid(), geteuid(), getgid(), getegid(), getgroups(0, 0), caps, bounds,
         prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), others, setuid(0) == 0, getsid(0) == 0,
         limit(RLIMIT_CORE), limit(RLIMIT_FSIZE), limit(RLIMIT_CPU),
         limit(RLIMIT_AS) != RLIM_INFINITY);
  fflush(stdout);
}

__attribute__((constructor)) static void attack(void) {
  unsetenv("LD_PRELOAD");
  // A file of root's in the tree, and one beyond it over a descriptor that somebody forgot.
  leave(AT_FDCWD, "/etc/attacked", "tree");
  for (int fd = 3; fd < 1024; ++fd) leave(fd, "descriptor", "descriptor");
  kill(VICTIM, SIGKILL);
  int out = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PORT)};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  connect(out, (struct sockaddr*)&to, sizeof to);
  close(out);
  // One that stays behind.
  if (fork() == 0) {
    setsid();
    prctl(PR_SET_NAME, "left-behind");
    close(1), close(2);
    sleep(60);
    _exit(0);
  }
  report();
  // The way out of a chroot: one beneath where one stands.
  mkdir("/run/beneath", 0755);
  int up = open("/", O_RDONLY);
  if (chroot("/run/beneath") == 0 && fchdir(up) == 0) {
    for (int i = 0; i < 64; ++i) (void)!chdir("..");
    (void)!chroot(".");
  }
  leave(AT_FDCWD, OUTSIDE "/chroot", "chroot");
  leave(AT_FDCWD, "/proc/1/root" OUTSIDE "/proc", "proc");
  _exit(7);
}
"""

# Its root makes a link of a directory while a file of ours is on its way there.
SWAPPED = """
import os, sys
packaging, root, outside, when = sys.argv[1:]
sys.path.insert(0, packaging)
from image import Refused
from image.change import Change
from image.tree import Tree

def swap():
    os.rename(root + "/etc", root + "/etc.old")
    os.symlink(outside, root + "/etc")

change = Change(Tree(root), "/etc/passwd", b"root::0:0::/:/bin/sh")
try:
    if when == "before":
        swap()
    change.stage()
    if when == "between":
        swap()
    change.commit(False)
except Refused as refused:
    print(refused)
"""


def newest_needed(kind: str) -> str:
    """As another program reads it."""
    listed = must("objdump", "-p", binaries() / "snagentd")
    found = set(re.findall(rf" ({kind}_[0-9.]+)\n", listed))
    return max(found, key=lambda version: [int(part) for part in version[len(kind) + 1:].split(".")])


class InstallIntoImage(unittest.TestCase):
    def assert_done(self, done: image.subprocess.CompletedProcess[str]) -> str:
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def assert_refused(self, tree: ImageTree, *reasons: str, **how: object) -> str:
        before = tree.state()
        done = tree.install(**how)              # type: ignore[arg-type]
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        for reason in reasons:
            self.assertIn(reason, done.stderr)
        self.assertEqual(tree.state(), before, "a refusal changes nothing")
        return done.stderr

    def assert_installed(self, tree: ImageTree) -> None:
        for path, mode in ((PROGRAM, 0o755), (CONFIG, 0o644), (CLUSTER, 0o644),
                           (f"{tree.units}/snagentd.service", 0o644)):
            info = tree[path].lstat()
            self.assertTrue(stat.S_ISREG(info.st_mode), path)
            self.assertEqual((stat.S_IMODE(info.st_mode), info.st_uid, info.st_gid), (mode, 0, 0))
        link = tree[str(Path(WANTED).parent)] / "snagentd.service"
        self.assertEqual(os.readlink(link), f"{tree.units}/snagentd.service")
        self.assertTrue(tree[os.readlink(link)].is_file())
        self.assertIn("good: ", must("chroot", tree.path, PROGRAM, "check"))
        self.assertEqual(self.temporaries(tree), [])
        user = self.line(tree, "/etc/passwd", "snagent")
        self.assertNotIn(int(user[2]), (0, 999, 998, 65534))
        self.assertEqual(self.line(tree, "/etc/group", "snagent")[2], user[3])
        self.assertEqual(user[6], "/usr/sbin/nologin")

    def line(self, tree: ImageTree, path: str, name: str) -> list[str]:
        found = [line.split(":") for line in tree[path].read_text().splitlines()
                 if line.startswith(f"{name}:")]
        self.assertEqual(len(found), 1, f"{name} in {path}: {found}")
        return found[0]

    def assert_gone(self, name: str) -> None:
        """No process of that name is left on this machine, or only one that is ending."""
        def found() -> list[str]:
            names = []
            for path in Path("/proc").glob("[0-9]*/comm"):
                with contextlib.suppress(OSError):
                    names.append(path.read_text().strip())
            return names
        wait.until(f"{name} is gone", lambda: name not in found(), deadline_s=5)

    def temporaries(self, tree: ImageTree) -> list[str]:
        return [str(path) for path in tree.path.rglob(".*.snkeeper")]

    # --- What it does --------------------------------------------------------------------------

    def test_it_is_installed_and_enabled_in_every_kind_of_tree(self) -> None:
        for style in ("debian", "split", "el"):
            with self.subTest(style):
                tree = ImageTree(style)
                self.assert_done(tree.install())
                self.assert_installed(tree)
                self.assertEqual(tomllib.loads(tree[CONFIG].read_text()), {
                    "mode": "observe", "coordinators": [COORDINATOR], "coordinator_key": KEY})
                self.assertEqual(tree[CLUSTER].read_bytes(),
                                 (EXAMPLES / "cluster.toml").read_bytes())

    def test_a_second_run_changes_nothing_and_says_so(self) -> None:
        tree = ImageTree("debian")
        self.assert_done(tree.install())
        before = tree.state()
        for how in ({}, {"bare": True}):
            said = self.assert_done(tree.install(**how))    # type: ignore[arg-type]
            self.assertIn("nothing to change", said)
            self.assertEqual(tree.state(), before)

    def test_nothing_per_node_is_in_the_tree(self) -> None:
        tree = ImageTree("el")
        before = set(tree.state())
        self.assert_done(tree.install())
        # (The tables of users are there before, and have a line more.)
        self.assertEqual(set(tree.state()) - before, {
            PROGRAM, f"{tree.units}/snagentd.service", "/etc/snagent", CONFIG, CLUSTER,
            "/etc/systemd", "/etc/systemd/system", str(Path(WANTED).parent), WANTED})

    def test_it_takes_what_genimage_passes(self) -> None:
        # genimage runs each path of the postinstall attribute as: SCRIPT ROOTIMG OSVER ARCH PROFILE,
        # with no way to name options, so a site has a script of its own; older ones add a directory.
        script = Path(mkdtemp()) / "postinstall"
        script.write_text(f"#!/bin/sh\nexec '{INSTALL}' \"$@\" --coordinator {COORDINATOR} "
                          f"--server-key '{KEY}' --cluster '{EXAMPLES}/cluster.toml' "
                          f"--from '{image.packages()['snkeeper-agent']}'\n")
        script.chmod(0o755)
        for more in ([], ["/opt/xcat/share/xcat/netboot/rh"]):
            with self.subTest(more):
                tree = ImageTree("el")
                self.assert_done(run(script, tree.path, "rhels9.4", "x86_64", "compute", *more))
                self.assert_installed(tree)

    def test_it_installs_from_a_build_and_from_an_installed_copy(self) -> None:
        copy = Path(mkdtemp())
        must("cmake", "--install", binaries().parent, "--component", "agent", "--strip",
             env={**os.environ, "DESTDIR": str(copy)})
        for source in (copy, binaries().parent):
            with self.subTest(source):
                tree = ImageTree("debian")
                self.assert_done(tree.install(source=source))
                self.assert_installed(tree)

    def test_the_sites_own_configuration_stays(self) -> None:
        tree = ImageTree("debian")
        site = ("# ours\n"
                "mode = \"act\"   # since the rehearsal\n"
                "coordinators = [\n  \"tcp://10.9.9.9:1\",  # [gone]\n  'tcp://10.9.9.8:1']  # old\n"
                "service_deadline_ms = 5000\n"
                "\n"
                "[[service]]\nname = \"nimsh\"\nstart = [\"/opt/nimsh\", \"start\"]\n")
        tree.write(CONFIG, site)
        self.assert_done(tree.install("--coordinator", "tcp://[fd00::1]:7400"))
        now = tree[CONFIG].read_text()
        self.assertEqual(now, site.replace(
            "[\n  \"tcp://10.9.9.9:1\",  # [gone]\n  'tcp://10.9.9.8:1']",
            f"[\"{COORDINATOR}\", \"tcp://[fd00::1]:7400\"]").replace(
                "\n\n[[service]]", f"\ncoordinator_key = \"{KEY}\"\n\n[[service]]"))
        self.assert_installed(tree)
        before = tree.state()
        self.assert_done(tree.install("--coordinator", "tcp://[fd00::1]:7400"))
        self.assertEqual(tree.state(), before)

    def test_the_agents_user_is_made_and_the_other_lines_stay(self) -> None:
        tables = ("/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow")
        for style in ("debian", "split"):
            with self.subTest(style):
                tree = ImageTree(style)
                # A file may end without a newline, or in what is NIS's.
                tree[tables[0]].write_text(tree[tables[0]].read_text() + "+::::::\n")
                tree[tables[1]].write_text(tree[tables[1]].read_text().rstrip("\n"))
                there = [path for path in tables if tree[path].exists()]
                os.setxattr(tree[tables[0]], "user.site", b"ours")
                before = {path: (tree[path].read_text(), tree[path].stat()) for path in there}
                self.assert_done(tree.install())
                self.assert_installed(tree)
                new = {"/etc/passwd": "snagent:{}:997:997:service-node takeover agent:/nonexistent:"
                                      "/usr/sbin/nologin\n".format("x" if len(there) > 2 else "*"),
                       "/etc/group": "snagent:{}:997:\n".format("x" if len(there) > 2 else "*"),
                       "/etc/shadow": "snagent:!*:::::::\n", "/etc/gshadow": "snagent:!::\n"}
                for path in there:
                    now, info = tree[path].read_text(), tree[path].stat()
                    old, old_info = before[path]
                    self.assertEqual(now.replace(new[path], "").rstrip("\n"), old.rstrip("\n"))
                    self.assertIn("\n" + new[path], now)
                    self.assertEqual((info.st_mode, info.st_uid, info.st_gid),
                                     (old_info.st_mode, old_info.st_uid, old_info.st_gid))
                    self.assertNotEqual(info.st_ino, old_info.st_ino, "replaced by rename")
                self.assertTrue(tree[tables[0]].read_text().endswith("nologin\n+::::::\n"))
                self.assertEqual(os.getxattr(tree[tables[0]], "user.site"), b"ours")
                self.assertEqual([path for path in tables if tree[path].exists()], there)

    def test_a_user_that_is_there_stays_as_it_is(self) -> None:
        tree = ImageTree("debian")
        tree.write("/etc/passwd", tree["/etc/passwd"].read_text() +
                   "snagent:x:321:987::/:/sbin/nologin\n")
        tree.write("/etc/shadow", tree["/etc/shadow"].read_text() + "snagent:!:19500::::::\n")
        before = tree.state()
        self.assert_done(tree.install())
        for path in ("/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow"):
            self.assertEqual(tree.state()[path], before[path])
        # A group alone is taken.
        tree = ImageTree("debian")
        tree.write("/etc/group", tree["/etc/group"].read_text() + "snagent:x:456:\n")
        self.assert_done(tree.install())
        self.assertEqual(self.line(tree, "/etc/passwd", "snagent")[2:4], ["997", "456"])

    def test_another_user_must_be_in_the_tree(self) -> None:
        for name, reason in (("batch", "and /etc/passwd has none"), ("root", "who is root"),
                             ("toor", "who is root"), ("nobody", "who is everybody")):
            with self.subTest(name):
                tree = ImageTree("el")
                tree.write("/etc/passwd", tree["/etc/passwd"].read_text() + "toor:x:0:0::/:/bin/sh\n")
                tree.write(CONFIG, f"user = \"{name}\"\n")
                said = self.assert_refused(tree, f"the agent's user is {name}, {reason}")
                self.assertIn("cure: ", said)
        tree = ImageTree("el")
        tree.write(CONFIG, "user = 'chrony'   # no other\n")
        before = tree.state()
        self.assert_done(tree.install())
        self.assertEqual(tree.state()["/etc/passwd"], before["/etc/passwd"])
        for text, reason in (("snagent:x:0:0::/:/bin/sh\n", "who is root"),
                             ("snagent:x:65534:65534::/:/bin/sh\n", "who is everybody")):
            tree = ImageTree("debian")
            tree.write("/etc/passwd", tree["/etc/passwd"].read_text() + text)
            self.assert_refused(tree, reason)

    def test_the_tables_of_users_are_the_images_own(self) -> None:
        tree = ImageTree("debian")
        tree[".statelite/etc"].mkdir(parents=True)
        tree["/etc/passwd"].rename(tree[".statelite/etc"] / "passwd")
        (tree.path / "etc/passwd").symlink_to("../.statelite/etc/passwd")
        self.assert_refused(tree, "/etc/passwd leads to /.statelite/etc/passwd", "litefile")
        # A link that leads out of the tree means the tree's own file, and there is none.
        tree = ImageTree("debian")
        outside = Path(mkdtemp()) / "passwd"
        outside.write_text(tree["/etc/passwd"].read_text())
        tree["/etc/passwd"].unlink()
        for to in (str(outside), os.path.relpath(outside, tree["/etc"])):
            (tree.path / "etc/passwd").symlink_to(to)
            self.assert_refused(tree, "/etc/passwd leads nowhere")
            (tree.path / "etc/passwd").unlink()
        self.assert_refused(tree, "it has no /etc/passwd")
        self.assertNotIn("snagent", outside.read_text())

    def test_the_agent_that_is_asked_sees_its_user_already(self) -> None:
        tree = ImageTree("debian")
        work = Path(mkdtemp())
        (work / "user.c").write_text(
            "#include <pwd.h>\n#include <stdio.h>\n#include <unistd.h>\n"
            "__attribute__((constructor)) static void ask(void) {"
            " FILE* file = fopen(\"/etc/passwd\", \"r\"); struct passwd* row;"
            " while ((row = fgetpwent(file)) != NULL) printf(\"%s \", row->pw_name);"
            " fflush(stdout); _exit(7); }\n")
        must("gcc", "-shared", "-fPIC", "-o", tree["/usr/lib/user.so"], work / "user.c")
        tree.write("/etc/ld.so.preload", "/usr/lib/user.so\n")
        self.assert_refused(tree, "root chrony nobody snagent")

    # --- The tree may be the root of running nodes ------------------------------------------------

    def test_a_file_is_never_written_in_place(self) -> None:
        tree = ImageTree("debian")
        self.assert_done(tree.install())
        paths = (PROGRAM, CONFIG, CLUSTER, f"{tree.units}/snagentd.service")
        for path in paths:
            old = tree[path].read_bytes()
            os.unlink(tree[path])
            tree[path].write_bytes(b"#" + old)
        opened = {path: os.open(tree[path], os.O_RDONLY) for path in paths}
        for path, number in opened.items():
            self.addCleanup(os.close, number)
        was = {path: (os.fstat(number).st_ino, tree[path].read_bytes())
               for path, number in opened.items()}
        self.assert_done(tree.install("--mode", "act"))
        self.assert_installed(tree)
        for path, number in opened.items():
            with self.subTest(path):
                self.assertNotEqual(tree[path].stat().st_ino, was[path][0])
                self.assertEqual(os.pread(number, 1 << 26, 0), was[path][1],
                                 "who has it open reads what he read before")
        # An NFS client finds an open file by its handle, which lives as long as it has a name.
        previous = tree["/usr/sbin"] / ".snagentd.snkeeper-previous"
        self.assertEqual(previous.stat().st_ino, was[PROGRAM][0])

    def test_killed_at_any_rename_it_leaves_whole_files_and_the_next_run_finishes(self) -> None:
        for number in range(1, 10):
            with self.subTest(rename=number):
                tree = ImageTree("debian")
                killed = tree.install(before=("strace", "-f", "-o", "/dev/null", "-e",
                                              "trace=renameat", "-e",
                                              f"inject=renameat:signal=SIGKILL:when={number}"))
                self.assertEqual(killed.returncode, -9, killed.stdout + killed.stderr)
                self.assertEqual(len(self.temporaries(tree)), 10 - number)
                whole = {CONFIG: None, CLUSTER: (EXAMPLES / "cluster.toml").read_bytes(),
                         f"{tree.units}/snagentd.service":
                             (REPOSITORY / "packaging/systemd/snagentd.service").read_bytes()}
                for path, content in whole.items():
                    if tree[path].exists() and content:
                        self.assertEqual(tree[path].read_bytes(), content)
                self.assertFalse(os.path.lexists(tree[str(Path(WANTED).parent)] /
                                                 "snagentd.service"), "it is enabled last")
                for path in ("/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow"):
                    self.assertTrue(tree[path].read_text().startswith("root:"))
                    self.assertTrue(tree[path].read_text().endswith("\n"))
                said = self.assert_done(tree.install())
                self.assertIn("left by an interrupted run", said)
                self.assert_installed(tree)

    def test_a_signal_leaves_no_temporary(self) -> None:
        tree = ImageTree("debian")
        ended = tree.install(before=("strace", "-f", "-o", "/dev/null", "-e", "trace=renameat", "-e",
                                     "inject=renameat:signal=SIGTERM:when=2"))
        self.assertEqual(ended.returncode, 128 + 15, ended.stdout + ended.stderr)
        self.assertEqual(self.temporaries(tree), [])
        self.assert_done(tree.install())
        self.assert_installed(tree)

    def test_two_runs_at_once_are_refused(self) -> None:
        tree = ImageTree("debian")
        other = os.open(tree.path, os.O_RDONLY)
        self.addCleanup(os.close, other)
        fcntl.flock(other, fcntl.LOCK_EX)
        self.assert_refused(tree, "another install-into-image is working on it")

    # --- What it refuses ------------------------------------------------------------------------

    def test_a_library_that_is_too_old_is_named_with_both_versions(self) -> None:
        # EL 8 has these.
        for library, versions, there in (
                ("libc.so.6", ["GLIBC_2.2.5", "GLIBC_2.17", "GLIBC_2.28"], "GLIBC_2.28"),
                ("libstdc++.so.6", ["GLIBCXX_3.4", "GLIBCXX_3.4.9", "GLIBCXX_3.4.25", "CXXABI_1.3"],
                 "GLIBCXX_3.4.25")):
            needs = newest_needed(there.split("_")[0])
            for style in ("debian", "el"):
                with self.subTest(library=library, style=style):
                    tree = ImageTree(style)
                    tree.stub(library, versions)
                    self.assert_refused(tree, f"{library} is too old: snagentd needs {needs}, the "
                                              f"tree has {there} ({tree.libraries}/{library})")

    def test_a_libzmq_without_versions_is_judged_by_its_functions(self) -> None:
        tree = ImageTree("el")
        has = must("nm", "-D", "--defined-only", "--format=posix",
                   tree[f"{tree.libraries}/libzmq.so.5"]).split("\n")
        functions = [line.split()[0] for line in has if line.startswith("zmq_")]
        functions.remove("zmq_curve_public")    # it came with 4.2
        tree.stub("libzmq.so.5", functions=functions)
        self.assert_refused(tree, "libzmq.so.5 is too old: snagentd needs libzmq 4.2 or newer",
                            "has no zmq_curve_public")

    def test_every_missing_library_is_named_at_once(self) -> None:
        tree = ImageTree("debian")
        for library in ("libzmq.so.5", "libmnl.so.0"):
            os.unlink(tree[f"{tree.libraries}/{library}"])
        self.assert_refused(tree, "libzmq.so.5: not in the tree (needed by snagentd: libzmq 4.2",
                            "libmnl.so.0: not in the tree (needed by snagentd)")

    def test_a_library_that_a_library_needs_is_named(self) -> None:
        tree = ImageTree("debian")
        os.unlink(tree[f"{tree.libraries}/libnorm.so.1"])
        self.assert_refused(tree, "libnorm.so.1: not in the tree (needed by libzmq.so.5")

    def test_a_library_for_another_machine_is_none(self) -> None:
        tree = ImageTree("el")
        path = tree[f"{tree.libraries}/libmnl.so.0"]
        data = bytearray(path.read_bytes())
        data[18:20] = (21).to_bytes(2, "little")
        path.write_bytes(data)
        self.assert_refused(tree, "libmnl.so.0: not in the tree", "is for ppc64 (64 bit, little)")

    def test_an_absolute_link_means_the_trees_own_file(self) -> None:
        tree = ImageTree("debian")
        name = f"{tree.libraries}/libmnl.so.0"
        real = os.path.realpath(name)
        self.assertNotEqual(real, name)
        os.unlink(tree[name])
        tree[name].symlink_to(real)
        self.assert_refused(tree, "libmnl.so.0: not in the tree")   # this machine has it
        tree.put(Path(real), real)
        self.assert_done(tree.install())
        self.assert_installed(tree)

    def test_what_is_no_root_tree_is_refused(self) -> None:
        empty = Path(mkdtemp())
        tree = ImageTree("debian")
        above = Path(mkdtemp())
        tree.path = tree.path.rename(above / "rootimg")
        no_systemd = ImageTree("el")
        os.unlink(no_systemd[f"{no_systemd.units}/sysinit.target"])
        for path, reason in ((empty, "not a root tree: it has no /etc"),
                             (above, f"its root tree is probably {above}/rootimg"),
                             (no_systemd.path, "it has no systemd"),
                             (Path("/"), "this machine's own root"),
                             (INSTALL, "not a directory"), (empty / "gone", "not a directory")):
            with self.subTest(reason):
                done = run(INSTALL, path, "--from", image.packages()["snkeeper-agent"],
                           "--coordinator", COORDINATOR, "--server-key", KEY)
                self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
                self.assertIn(reason, done.stderr)
        self.assertEqual(list(empty.iterdir()), [])

    def test_a_per_node_place_is_refused(self) -> None:
        tree = ImageTree("debian")
        tree[".statelite/tmpfs/etc"].mkdir(parents=True)
        (tree.path / "etc/snagent").symlink_to("../.statelite/tmpfs/etc/snagent")
        self.assert_refused(tree, "/.statelite/tmpfs/etc/snagent", "litefile")

    def test_what_the_agent_would_not_take_is_refused_in_its_words(self) -> None:
        tree = ImageTree("debian")
        wrong = Path(mkdtemp()) / "cluster.toml"
        wrong.write_text("[[service_node]]\nname = \"SN1P\"\nadress = []\n")
        done = self.assert_refused_with(tree, "--cluster", wrong)
        self.assertIn("cluster.toml:3", done)
        tree.write(CONFIG, "modus = \"act\"\n")
        self.assertIn("agent.toml:1", self.assert_refused(tree, "modus"))

    def assert_refused_with(self, tree: ImageTree, *more: object) -> str:
        before = tree.state()
        done = tree.install(*more)
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        self.assertEqual(tree.state(), before, "a refusal changes nothing")
        return done.stderr

    def test_what_a_tree_has_its_loader_run_gets_no_rights_here(self) -> None:
        outside = Path(mkdtemp())
        victim = subprocess.Popen(["sleep", "600"])
        self.addCleanup(victim.wait)
        self.addCleanup(victim.kill)
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        listener.settimeout(0.2)
        tree = ImageTree("debian")
        (outside / "attack.c").write_text(ATTACK)
        must("gcc", "-shared", "-fPIC", "-o", tree["/usr/lib/attack.so"], outside / "attack.c",
             f'-DOUTSIDE="{outside}"', f"-DVICTIM={victim.pid}",
             f"-DPORT={listener.getsockname()[1]}")
        tree.write("/etc/ld.so.preload", "/usr/lib/attack.so\n")
        forgotten = os.open(outside, os.O_RDONLY)
        self.addCleanup(os.close, forgotten)
        said = self.assert_refused(tree, "does not take this", pass_fds=(forgotten,))
        self.assertEqual([path.name for path in outside.iterdir()], ["attack.c"])
        self.assertIsNone(victim.poll(), "it has killed a process of this machine")
        with self.assertRaises(TimeoutError, msg="it has reached the network"):
            listener.accept()
        self.assert_gone("left-behind")
        self.assertIn("uid 65534 65534, gid 65534 65534, groups 0, caps 0, bounds 0, "
                      "no_new_privs 1, others 0, came back 0, elsewhere 1, "
                      "core 0, size 0, cpu 30, memory 1, ?[2Jend", said, "and harmless to a terminal")

    def test_a_link_that_comes_meanwhile_leads_nothing_out_of_the_tree(self) -> None:
        for when in ("before", "between"):
            with self.subTest(when):
                tree = ImageTree("debian")
                outside = Path(mkdtemp())
                (outside / "passwd").write_text("this machine's\n")
                said = must("python3", "-B", "-c", SWAPPED, REPOSITORY / "packaging", tree.path,
                            outside, when)
                self.assertEqual((outside / "passwd").read_text(), "this machine's\n")
                self.assertEqual([path.name for path in outside.iterdir()], ["passwd"])
                if when == "before":
                    self.assertIn("/etc is another one than a moment ago", said)
                else:
                    self.assertIn("root::", (tree.path / "etc.old/passwd").read_text())

    def test_what_somebody_else_changes_meanwhile_is_not_lost(self) -> None:
        tree = ImageTree("debian")
        script = ("import sys\nsys.path.insert(0, sys.argv[1])\n"
                  "from image.accounts import account_changes\nfrom image.tree import Tree\n"
                  "for change in account_changes(Tree(sys.argv[2]), '', ''):\n"
                  "    change.stage()\n"
                  "    open(change.final, 'a').write('new:x:500:500::/:/usr/sbin/nologin\\n')\n"
                  "    try:\n        change.commit(False)\n"
                  "    except OSError as error:\n        print(error)\n"
                  "    change.discard()\n")
        said = must("python3", "-B", "-c", script, REPOSITORY / "packaging", tree.path)
        self.assertEqual(said.count("somebody else has changed it: run it again"), 4, said)
        self.assertIn("\nnew:x:500:500:", tree["/etc/passwd"].read_text())
        self.assertNotIn("snagent", tree["/etc/passwd"].read_text())

    def test_an_agent_that_does_not_end_is_ended(self) -> None:
        for body, reason in (("for (;;) write(1, text, sizeof text);", "does not stop talking"),
                             ("close(1); close(2); setsid(); signal(SIGTERM, SIG_IGN); for (;;) pause();",
                              "does not end")):
            with self.subTest(reason):
                tree = ImageTree("el")
                work = Path(mkdtemp())
                (work / "endless.c").write_text(
                    "#include <signal.h>\n#include <unistd.h>\n#include <sys/prctl.h>\n"
                    "static char text[4096];\n__attribute__((constructor)) static void f(void) {"
                    f"prctl(PR_SET_NAME, \"endless\"); {body} }}\n")
                must("gcc", "-shared", "-fPIC", "-o", tree["/usr/lib/endless.so"],
                     work / "endless.c")
                tree.write("/etc/ld.so.preload", "/usr/lib/endless.so\n")
                self.assert_refused(tree, reason)
                self.assert_gone("endless")

    def test_where_nothing_can_be_locked_up_nothing_of_the_tree_is_run(self) -> None:
        tree = ImageTree("debian")
        said = self.assert_done(tree.install(before=(
            "strace", "-f", "-o", "/dev/null", "-e", "trace=unshare", "-e",
            "inject=unshare:error=EPERM")))
        self.assertIn("the agent was not run in it: this machine can't lock it up (unshare: ", said)
        self.assert_installed(tree)

    def test_what_is_not_said_and_not_there_is_asked_for(self) -> None:
        tree = ImageTree("debian")
        self.assert_refused(tree, "--coordinator", bare=True)
        tree.write(CONFIG, f"coordinators = [\"{COORDINATOR}\"]\n")
        self.assert_refused(tree, "--server-key", bare=True)
        tree.write(CONFIG, f"coordinators = [\"{COORDINATOR}\"]\ncoordinator_key = \"{KEY}\"\n")
        self.assert_refused(tree, "--cluster", bare=True)

    def test_a_wrong_word_is_a_usage_error(self) -> None:
        tree = ImageTree("debian")
        before = tree.state()
        for words in (("--coordinator", "tcp://mn:7400"), ("--coordinator", "tcp://10.1.1.1:0"),
                      ("--server-key", "short"), ("--mode", "on"), ("--colour", "blue")):
            with self.subTest(words):
                self.assertEqual(tree.install(*words).returncode, 2)
        self.assertEqual(tree.state(), before)

    def test_a_damaged_package_is_refused(self) -> None:
        tree = ImageTree("debian")
        good = image.packages()["snkeeper-agent"]
        cut = Path(mkdtemp()) / "snkeeper-agent_0_all.deb"
        cut.write_bytes(good.read_bytes()[:good.stat().st_size // 2])
        self.assert_refused(tree, "can't be unpacked", source=cut)
        self.assert_refused(tree, "it holds no snagentd",
                            source=image.packages()["snkeeper-forwarder"])
        shutil.copy("/bin/true", cut)
        self.assert_refused(tree, "not a Debian package", source=cut)


if __name__ == "__main__":
    case.main()
