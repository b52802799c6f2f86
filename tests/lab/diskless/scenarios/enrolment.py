"""Nodes whose keys nobody carries, while SN1P is dead."""

from cluster import case, wait
from cluster.management_node import CONFIG
from cluster.site_command import SiteCommand

from ..scenario import Trial, scenario


def _keys(trial: Trial) -> dict[str, str]:
    return {key["node"]: key["how"] for key in
            trial.mn.snctl("keys", "list", "--json", check=True).json["keys"]}


def _forget_all_keys(trial: Trial, policies: str) -> None:
    """The store is lost, and who may come in is decided otherwise from now on."""
    trial.mn.coordinator.stop()
    for path in trial.mn.path("/var/lib/sncoord").iterdir():
        if path.name.startswith("state.db"):
            path.unlink()
    config = trial.mn.path(CONFIG)
    config.write_text(f"enrolment = {policies}\n" + config.read_text())
    trial.mn.start_coordinator()


def _forget_policies(trial: Trial) -> None:
    config = trial.mn.path(CONFIG)
    config.write_text("".join(line for line in config.read_text().splitlines(keepends=True)
                              if not line.startswith("enrolment")))


@scenario("SN1P is dead, the coordinator's store is lost: the site's command asks every node through "
          "SN2P, and all are moved", ci=True)
def let_in_by_command(trial: Trial) -> None:
    nodes = trial.lab.nodes
    trial.assertEqual(_keys(trial), {node.name: f"address {node.entry.address}" for node in nodes})
    trial.remember()
    trial.lab.on_all(lambda node: node.sh("mkdir -p /run/sshd && /usr/sbin/sshd"))
    SiteCommand.start_servers((trial.sn1, trial.sn2))
    SiteCommand.start_helper(trial.mn)
    trial.lab.cut(trial.sn1)
    try:
        _forget_all_keys(trial, '["command"]')
        trial.lab.wait_connected(nodes)
        trial.assertEqual(_keys(trial), {node.name: "command" for node in nodes})
    finally:
        _forget_policies(trial)
    trial.assert_exit(trial.take_over(), case.VERIFIED)
    trial.assert_moved(nodes)


@scenario("SN1P is dead and a node boots: its address lets it in, nobody types anything", mounts=False)
def let_in_while_sn1p_is_dead(trial: Trial) -> None:
    lost = trial.lab.nodes[0]
    trial.lab.off(lost)
    trial.lab.cut(trial.sn1)
    before = trial.mn.snctl("keys", "list").text
    trial.lab.boot([lost], trial.sn2, keep=True, mounts=False)
    wait.until("it has another key", lambda: trial.mn.snctl("keys", "list").text != before)
    trial.assertEqual(_keys(trial)[lost.name], f"address {lost.entry.address}")
