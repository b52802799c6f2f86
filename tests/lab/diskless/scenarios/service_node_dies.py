"""Only the service node goes wrong, each way it can."""

from ..scenario import Trial, scenario


def _look(trial: Trial) -> None:
    trial.assert_moved()
    trial.lab.on_all(lambda node: trial.assert_time_comes_from(node, trial.sn2))


@scenario("SN1P's cables are cut: silence, as from a dead machine", ci=True)
def service_node_cut(trial: Trial) -> None:
    trial.remember()
    trial.lab.cut(trial.sn1)
    reply = trial.take_over()
    trial.assert_all_verified(reply)
    trial.note_times(reply)
    _look(trial)


@scenario("the same with NFS v4.1 everywhere", ci=True, version="4.1")
def service_node_cut_nfs4(trial: Trial) -> None:
    service_node_cut(trial)


@scenario("every process of SN1P is killed: its kernel refuses every connection")
def service_node_killed(trial: Trial) -> None:
    trial.remember()
    trial.lab.kill(trial.sn1)
    _planned(trial)


@scenario("every process of SN1P is stopped: its kernel takes connections, nobody answers")
def service_node_paused(trial: Trial) -> None:
    trial.remember()
    trial.lab.pause(trial.sn1)
    _planned(trial)


def _planned(trial: Trial) -> None:
    """A kernel that answers is a sign of life: first refused, then done when it is meant."""
    reason, cure = trial.assert_refused(trial.take_over())
    trial.assertIn("--planned", reason + cure)
    trial.assert_untouched(*trial.lab.nodes)
    reply = trial.take_over("--planned")
    trial.assert_all_verified(reply)
    _look(trial)
