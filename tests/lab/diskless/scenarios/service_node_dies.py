"""Only the service node goes wrong, each way it can."""

from ..scenario import Trial, scenario


def _take_over_and_look(trial: Trial) -> None:
    reply = trial.take_over()
    trial.assert_all_verified(reply)
    trial.note_times(reply)
    trial.assert_moved()
    trial.lab.on_all(lambda node: trial.assert_time_comes_from(node, trial.sn2))


@scenario("SN1P's cables are cut: silence, as from a dead machine", ci=True)
def service_node_cut(trial: Trial) -> None:
    trial.remember()
    trial.lab.cut(trial.sn1)
    _take_over_and_look(trial)
