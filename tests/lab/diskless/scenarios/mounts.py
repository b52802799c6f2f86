"""What is mounted from the service node, and who uses it when that dies."""

from cluster import case, wait
from cluster.facts import words

from ..node import DisklessNode
from ..paper import DATA, INSTALL, SHARED_HOME, mount_options
from ..scenario import Trial, scenario

_WRITER = "/run/lab-writer"
_JOB = "4711"


@scenario("a program reads from SN1P's /install and sleeps: it lives on, the mount moves")
def idle_reader(trial: Trial) -> None:
    trial.remember()
    node = trial.lab.nodes[0]
    node.sh(f"setsid hand hold {INSTALL}/WHO </dev/null >/dev/null 2>&1 & echo $!")
    reader = _pid(trial, node, "hand hold")
    trial.lab.cut(trial.sn1)
    reply = trial.take_over()
    trial.assert_all_verified(reply)
    # The kernel keeps its connection for the reader's open file.
    trial.assert_moved([node], connections=False)
    trial.assert_moved(trial.lab.nodes[1:])
    trial.assertEqual(_pid(trial, node, "hand hold"), reader, "the reader lives on")
    node.sh("df >/dev/null", 10)


@scenario("a stuck writer, --stuck=keep: its mount stays, the rest moves, and when SN1P returns it "
          "goes on", ci=True)
def stuck_writer_keep(trial: Trial) -> None:
    node, writer = _stuck_writer(trial)
    reply = trial.take_over()
    trial.assert_exit(reply, case.NOT_FINE)
    row = trial.result(reply, node.name)
    trial.assertEqual(row["verdict"], "partly", row)
    said = " ".join(words(finding["reason"]) for finding in row["findings"]
                    if SHARED_HOME in finding["place"])
    for word in (str(writer), "nobody", "hand", _JOB):
        trial.assertIn(word, said, "who holds the mount")
    trial.assert_moved([node], left=(SHARED_HOME,), connections=False)
    trial.assert_moved(trial.lab.nodes[1:])
    trial.lab.join(trial.sn1)
    count = _written(node)[0]
    wait.until("the writer goes on", lambda: _written(node)[0] > count)
    trial.assertEqual(_written(node)[1], 0, "no write failed")
    trial.assertEqual(_pid(trial, node, "hand write"), writer)


@scenario("a stuck writer, --stuck=orphan: the mount moves away under it")
def stuck_writer_orphan(trial: Trial) -> None:
    node, writer = _stuck_writer(trial)
    reply = trial.take_over("--stuck=orphan")
    trial.assertIn(reply.exit, (case.VERIFIED, case.NOT_FINE), str(reply))
    row = trial.result(reply, node.name)
    said = " ".join(words(finding["reason"]) for finding in row["findings"]
                    if SHARED_HOME in finding["place"])
    for word in (str(writer), "reboot", "sync"):
        trial.assertIn(word, said, "what it costs")
    trial.assert_moved([node], connections=False)
    trial.assert_moved(trial.lab.nodes[1:])
    trial.assertEqual(_pid(trial, node, "hand write"), writer, "it waits for ever")


@scenario("a stuck writer, --stuck=kill: it is gone, and sync works again")
def stuck_writer_kill(trial: Trial) -> None:
    node, _ = _stuck_writer(trial)
    reply = trial.take_over("--stuck=kill")
    trial.assert_all_verified(reply)
    trial.assert_moved([node])
    trial.assert_moved(trial.lab.nodes[1:])
    trial.assertNotIn("hand write", node.output("ps", "-eo", "args"), "it is gone")
    node.sh("sync", 20)


@scenario("a read-write mount of which SN2P has only a copy: it is left and named", ci=True)
def not_the_same_data(trial: Trial) -> None:
    node = trial.lab.nodes[0]
    options = mount_options(trial.lab.roots.version, node.entry.address)
    node.sh(f"mount -t nfs -o {options} sn1-eth1:{DATA} {DATA}")
    trial.remember()
    trial.lab.cut(trial.sn1)
    reply = trial.take_over()
    trial.assert_exit(reply, case.NOT_FINE)
    row = trial.result(reply, node.name)
    trial.assertEqual((row["verdict"], row["left"]), ("partly", 1), row)
    said = [words(finding["cure"]) for finding in row["findings"] if DATA in finding["place"]]
    trial.assertTrue(any("same_data" in cure for cure in said), row)
    trial.assert_moved([node], left=(DATA,), connections=False)
    trial.assert_moved(trial.lab.nodes[1:])


@scenario("SN2P does not export /install: that mount stays and is named, the rest moves; where "
          "nothing burns nothing is changed")
def backup_without_the_export(trial: Trial) -> None:
    trial.lab.withdraw(trial.sn2, INSTALL)
    trial.remember()
    for planned, outlook in ((["--planned"], "blocked"), ([], "partly")):
        plan = trial.mn.snctl("plan", "SN1P", "--json", *planned).json
        trial.assertEqual({group["outlook"] for group in plan["groups"]}, {outlook}, plan)
        for group in plan["groups"]:
            said = {finding["place"]: words(finding["reason"]) for finding in group["findings"]}
            trial.assertIn(f"SN2P does not export {INSTALL}", said.get(f"mount {INSTALL}", ""),
                           said)
            changed = {change["path"] for change in group["changes"]}
            trial.assertNotIn(INSTALL, changed)
    # A canary would spare the others.
    reply = trial.take_over("--all-at-once", "--planned")
    trial.assert_exit(reply, case.NOT_FINE)
    for node in trial.lab.nodes:
        row = trial.result(reply, node.name)
        trial.assertIn(row["verdict"], ("blocked", "failed"), row)
        trial.assertIn(INSTALL, str(words(row["reason"])) + str(row["findings"]), row)
        trial.assertEqual(sorted({mount.address for mount in node.nfs_mounts()}),
                          ["10.1.1.100", "10.1.9.9"], "no mount was touched")
    trial.assert_untouched(*trial.lab.nodes)
    trial.lab.cut(trial.sn1)
    # The canary ends as its plan said, and stops nobody.
    reply = trial.take_over()
    trial.assert_exit(reply, case.NOT_FINE)
    for node in trial.lab.nodes:
        row = trial.result(reply, node.name)
        trial.assertEqual(row["verdict"], "partly", row)
        trial.assertIn(f"mount {INSTALL}", [finding["place"] for finding in row["findings"]
                                            if finding["class"] == "left"], row)
    trial.assert_moved(left=(INSTALL,), connections=False)


@scenario("a node whose root is on SN1P: blocked and untouched; the others move", nodes=2)
def root_on_service_node(trial: Trial) -> None:
    node, others = trial.lab.nodes[0], trial.lab.nodes[1:]
    trial.lab.off(node)
    trial.lab.boot([node], root_on_sn=True)
    trial.remember()
    trial.lab.cut(trial.sn1)
    reply = trial.take_over("--timeout", "30s")
    trial.assert_exit(reply, case.NOT_FINE)
    row = trial.result(reply, node.name)
    trial.assertEqual(row["verdict"], "blocked", row)
    trial.assertIn("/ is mounted from SN1P (10.1.1.100)", words(row["reason"]))
    trial.assertIn("reboot", words(row["reason"]) + words(row["cure"]))
    trial.assertEqual({each.name: trial.verdicts(reply)[each.name] for each in others},
                      {each.name: "verified" for each in others})
    trial.assert_moved(others)
    trial.lab.join(trial.sn1)
    wait.until(f"{node.name} works again", lambda: node.sh("true", 5, check=False).exit == 0)
    trial.assert_untouched(node)


def _stuck_writer(trial: Trial) -> tuple[DisklessNode, int]:
    """A job of a user that writes to /shared_home, and then SN1P is cut off."""
    trial.remember()
    node = trial.lab.nodes[0]
    node.sh(f"touch {_WRITER} && chown nobody {_WRITER}")
    node.sh(f"SLURM_JOB_ID={_JOB} setsid setpriv --reuid=65534 --regid=65534 --clear-groups "
            f"hand write {SHARED_HOME}/job.out {_WRITER} </dev/null >/dev/null 2>&1 &")
    wait.until("the writer writes", lambda: _written(node)[0] > 5)
    trial.lab.cut(trial.sn1)
    count = _written(node)[0]

    def stands() -> bool:
        nonlocal count
        before, count = count, _written(node)[0]
        return before == count and " D" in node.output(
            "ps", "-o", "pid,stat", "-p", str(writer))
    writer = _pid(trial, node, "hand write")
    wait.until("the writer waits in the kernel", stands)
    return node, writer


def _written(node: DisklessNode) -> tuple[int, int]:
    """How often, and how often it failed."""
    fields = node.read_if_there(_WRITER).split()
    return (int(fields[0]), int(fields[2])) if len(fields) == 5 else (0, 0)


def _pid(trial: Trial, node: DisklessNode, command: str) -> int:
    def found() -> int:
        lines = node.output("ps", "-eo", "pid,args").splitlines()
        return next((int(line.split()[0]) for line in lines
                     if line.split(maxsplit=1)[1].startswith(command)), 0)
    return wait.until(f"{node.name}: '{command}' runs", found)
