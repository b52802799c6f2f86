"""The agent is killed in the middle of a change; systemd starts it again."""

import subprocess

from cluster import case, wait

from ..node import DisklessNode
from ..paper import INSTALL, SHARED_HOME
from ..scenario import Trial, scenario

# What is on the place when the agent is killed: nothing, for the old mount is detached and the new
# one not attached; or the new one, and the journal does not know yet that it is there.
_MOMENTS = ((SHARED_HOME, ""), (INSTALL, ""), (SHARED_HOME, "sn2-eth1:"), (INSTALL, "sn2-eth1:"))
_AGENT = "snagentd"
# A killed process that held the last hold of an NFS v4 mount says good-bye to the dead server first:
# the kernel gives that a minute.
_GONE_S = 150.0


@scenario("agent killed -9 in the middle of the change: the next one finishes it")
def agent_killed(trial: Trial) -> None:
    trial.remember()
    node = trial.lab.nodes[-1]
    trial.lab.cut(trial.sn1)
    killed = node.executor
    with trial.in_the_middle(node) as takeover:
        node.kill_agent("executor", "session")
        wait.until(f"{node.name}: systemd has started the agent again",
                   lambda: node.executor not in (0, killed))
    reply = trial.mn.finish(takeover)
    for each in trial.lab.nodes:
        trial.wait_verdict(each.name, "verified")
    trial.assertIn(reply.exit, (case.VERIFIED, case.WAITING), str(reply))
    trial.assert_moved()
    _assert_nothing_left(trial, node)


@scenario("agent killed -9 between the old mount's end and the new one's beginning, and right "
          "after it", ci=True, deadline_s=240)
def agent_killed_mid_swap(trial: Trial) -> None:
    trial.remember()
    moments = {node.name: _MOMENTS[i % len(_MOMENTS)] for i, node in enumerate(trial.lab.nodes)}
    executors = {node.name: node.executor for node in trial.lab.nodes}
    for node in trial.lab.nodes:
        node.kill_when_mounted(*moments[node.name], _AGENT)
    trial.lab.cut(trial.sn1)
    takeover = trial.mn.begin("takeover", "SN1P", "--yes", "--json", "--timeout", "90s")
    for node in trial.lab.nodes:
        place, source = moments[node.name]
        found, killed = wait.until(f"{node.name}: its agent is killed in the middle of the swap",
                                   node.killed_when_mounted, state=node.journal)
        trial.assertTrue(found.startswith(source) if source else not found, (node.name, found))
        # Both processes, and the one that changes the mounts.
        trial.assertGreaterEqual(len(killed), 3, node.name)
        trial.assertIn(executors[node.name], killed, node.name)
    _assert_finished_by_the_next(trial, takeover, executors)
    for node in trial.lab.nodes:
        place = moments[node.name][0]
        # Begun twice, and done once: the first time it was not known to be done.
        steps = [record for record in node.journal() if record["t"] in ("intent", "done")]
        swap = next(i for i, record in enumerate(steps)
                    if record.get("what") == {"code": "swapping_mount", "place": place})
        trial.assertEqual(steps[swap + 1]["t"], "intent", (node.name, steps))


@scenario("agent killed -9 while it tries SN2P's exports, before anything is changed",
          deadline_s=240)
def agent_killed_while_staging(trial: Trial) -> None:
    trial.remember()
    executors = {node.name: node.executor for node in trial.lab.nodes}
    trial.lab.cut(trial.sn1)
    trial.sn2.nfs.pause()
    takeover = trial.mn.begin("takeover", "SN1P", "--yes", "--json", "--timeout", "90s",
                              "--all-at-once")

    def kill(node: DisklessNode) -> None:
        wait.until(f"{node.name}: SN2P is asked for its exports",
                   lambda: node.journal()[-1:] and node.journal()[-1]["t"] == "swap")
        node.sh(f"pkill -KILL -x {_AGENT}")
    trial.lab.on_all(kill)
    for node in trial.lab.nodes:
        trial.assertEqual({mount.address for mount in node.nfs_mounts()},
                          {"10.1.1.100", "10.1.9.9"}, f"{node.name}: no mount was touched")
    trial.sn2.nfs.resume()
    _assert_finished_by_the_next(trial, takeover, executors)


def _assert_finished_by_the_next(trial: Trial, takeover: "subprocess.Popen[str]",
                                 killed: dict[str, int]) -> None:
    since = trial.monotonic()
    trial.lab.on_all(lambda node: wait.until(
        f"{node.name}: systemd has started the agent again",
        lambda: node.executor not in (0, killed[node.name])))
    back = trial.monotonic()
    for node in trial.lab.nodes:
        trial.wait_verdict(node.name, "verified")
    trial.notes.append(f"agents back after {back - since:.1f} s, verified after another "
                       f"{trial.monotonic() - back:.1f} s")
    reply = trial.mn.finish(takeover)
    trial.assertIn(reply.exit, (case.VERIFIED, case.WAITING), str(reply))
    trial.assert_moved()
    trial.lab.on_all(lambda node: _assert_nothing_left(trial, node))


def _assert_nothing_left(trial: Trial, node: DisklessNode) -> None:
    """No temporary file, no process, and in no namespace a mount that is staged or of SN1P."""
    trial.assertEqual(node.sh("find / -xdev -name '.*.snagent' 2>/dev/null", check=False).output,
                      "", f"{node.name}: temporary files")
    wait.until(f"{node.name}: of the killed agent nothing runs", lambda: set(
        map(int, node.output("pgrep", "-x", _AGENT).split())) == {node.executor, node.session},
        _GONE_S, state=lambda: node.output("ps", "-eo", "pid,ppid,stat,wchan,args"))
    trial.assertEqual(node.output("ls", "-A", "/run/snagent/stage"), "", node.name)
    mounts = node.sh("cat /proc/[0-9]*/mountinfo", in_memory=True, check=False).output
    trial.assertIn(" /shared_home ", mounts)
    for sign in (" /run/snagent/stage ", f"addr={trial.sn1.address(node.entry.network)}"):
        trial.assertNotIn(sign, mounts, node.name)
