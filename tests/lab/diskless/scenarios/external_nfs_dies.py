"""The server of root and /usr goes away in the middle of it all."""

import threading

from cluster import case, wait

from ..scenario import Trial, scenario

_AWAY_S = 20.0
# Longer than a session that hangs would be believed to be there (four beats).
_AWAY_IN_PEACE_S = 10.0
# A TCP connection that was cut for 20 s is tried again after another 20 s at most.
_LONGEST_STOP_MS = 60_000


def _root_away(trial: Trial) -> None:
    """Cut off now, back in 20 s."""
    trial.lab.cut(trial.lab.nfsha)
    timer = threading.Timer(_AWAY_S, trial.lab.join, (trial.lab.nfsha,))
    timer.daemon = True
    timer.start()


def _watch_for(trial: Trial, seconds: float) -> None:
    """All that time every node is connected."""
    began = trial.monotonic()
    while trial.monotonic() - began < seconds:
        # Each status takes a while: no busy loop.
        rows = trial.mn.rows()
        lost = [node.name for node in trial.lab.nodes if not rows[node.name]["connected"]]
        trial.assertEqual(lost, [], f"lost {trial.monotonic() - began:.0f} s after the cut")


@scenario("root server away for 20 s during the takeover", deadline_s=180)
def root_server_away(trial: Trial) -> None:
    trial.remember()
    trial.lab.cut(trial.sn1)
    _root_away(trial)
    # It takes as long as it takes; what counts is that nobody is left half moved.
    reply = trial.take_over("--timeout", "120s", deadline_s=150)
    trial.assert_all_verified(reply)
    trial.note_times(reply)
    trial.assert_moved(longest_stop_ms=_LONGEST_STOP_MS)


def _assert_silence_is_known(trial: Trial) -> None:
    """By every node, and the operator is told so."""
    address, count = trial.lab.nfsha.address, len(trial.lab.nodes)

    def silent() -> int:
        return sum(server["silent"] for server in trial.mn.status()["nfs_servers"]
                   if server["address"] == address)
    wait.until("every node knows that its root server is silent", lambda: silent() == count,
               state=lambda: trial.mn.status()["nfs_servers"])
    text = " ".join(trial.mn.snctl("status").text.split())
    trial.assertRegex(text, rf"nfsha {address} {count} - - {count} ")
    trial.assertRegex(text, rf"NFS server nfsha {address} is SILENT: \d+ mounts of it hang, also "
                            "what the node runs from")


@scenario("root server away: every node knows and says it, and its connection never falters",
          deadline_s=180, ci=True)
def root_server_away_in_peace(trial: Trial) -> None:
    trial.remember()
    sessions = {node.name: node.session for node in trial.lab.nodes}
    trial.lab.cut(trial.lab.nfsha)
    _assert_silence_is_known(trial)
    _watch_for(trial, _AWAY_IN_PEACE_S)
    trial.lab.join(trial.lab.nfsha)
    wait.until("the root server is silent for nobody", lambda: not any(
        server["silent"] for server in trial.mn.status()["nfs_servers"]),
        state=lambda: trial.mn.status()["nfs_servers"])
    for node in trial.lab.nodes:
        trial.assertEqual(node.session, sessions[node.name], f"{node.name}: the same session")
        trial.assert_never_stopped(node, _LONGEST_STOP_MS)
    trial.lab.cut(trial.sn1)
    trial.assert_all_verified(trial.take_over())
    trial.assert_moved(longest_stop_ms=_LONGEST_STOP_MS)


@scenario("SN1P and the root server away together; the root server returns", deadline_s=240)
def both_away(trial: Trial) -> None:
    trial.remember()
    trial.lab.cut(trial.sn1)
    trial.lab.cut(trial.lab.nfsha)
    takeover = trial.mn.begin("takeover", "SN1P", "--yes", "--json", "--timeout", "120s")
    _watch_for(trial, _AWAY_S)
    trial.lab.join(trial.lab.nfsha)
    back = trial.monotonic()
    reply = trial.mn.finish(takeover, 150)
    for node in trial.lab.nodes:
        trial.wait_verdict(node.name, "verified")
    trial.assertIn(reply.exit, (case.VERIFIED, case.WAITING), str(reply))
    trial.notes.append(f"verified {trial.monotonic() - back:.1f} s after the root's return")
    trial.assert_moved(longest_stop_ms=_LONGEST_STOP_MS)
