"""A node loses its power in the middle of it, and comes back later."""

from cluster import case, wait

from ..scenario import Trial, scenario

# How long a node is waited for that does not come; the others may go on after it.
_TIMEOUT = "5s"


@scenario("node powered off during the takeover, booted afterwards from SN2P's side", ci=True,
          deadline_s=240, nodes=2, mounts=False)
def node_powered_off(trial: Trial) -> None:
    trial.remember()
    lost = trial.lab.nodes[0]       # its root is its own: it keeps what was half done
    others = trial.lab.nodes[1:]
    trial.lab.cut(trial.sn1)
    lost.hold_rsyslog()
    # It must not be the canary: then nobody else would be told.
    takeover = trial.mn.begin("takeover", "SN1P", "--yes", "--json", "--timeout", _TIMEOUT,
                              "--all-at-once")
    wait.until(f"{lost.name} restarts rsyslog", lost.rsyslog_is_held)
    trial.lab.off(lost)
    reply = trial.mn.finish(takeover)
    trial.assert_exit(reply, case.WAITING)
    trial.assertEqual(trial.verdicts(reply)[lost.name], "pending")
    for node in others:
        trial.wait_verdict(node.name, "verified")
    trial.assert_moved(others)
    trial.lab.boot([lost], trial.sn2, keep=True, mounts=False)
    trial.wait_verdict(lost.name, "verified")
    trial.assert_references(lost)


@scenario("node that was off all the time boots from SN2P's side with a root that names SN1P",
          deadline_s=240, nodes=2, mounts=False)
def node_off_all_the_time(trial: Trial) -> None:
    trial.remember()
    lost = trial.lab.nodes[:2]      # one with a root of its own, one with a shared one
    others = trial.lab.nodes[2:]
    trial.lab.off(*lost)
    wait.until("the coordinator has noticed", lambda: not any(
        trial.mn.rows()[node.name]["connected"] for node in lost))
    trial.lab.cut(trial.sn1)
    reply = trial.take_over("--timeout", _TIMEOUT)
    trial.assert_exit(reply, case.WAITING)
    for node in lost:
        trial.assertEqual(trial.verdicts(reply)[node.name], "pending")
    for node in others:
        trial.wait_verdict(node.name, "verified")
    trial.lab.boot(lost, trial.sn2, keep=True, mounts=False)
    for node in lost:
        trial.wait_verdict(node.name, "verified")
        trial.assert_references(node)
    trial.assert_moved(others)
