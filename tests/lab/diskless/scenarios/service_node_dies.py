"""Only the service node goes wrong, each way it can."""

from cluster import case, wait
from cluster.facts import words
from cluster.inventory import MANAGEMENT
from cluster.service_node import WHOAMI

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


@scenario("SN1P answers ping and nothing else: half dead, moved when somebody vouches for it",
          ci=True)
def service_node_half_dead(trial: Trial) -> None:
    trial.remember()
    trial.lab.keep_out(trial.sn1, "tcp", "udp")
    reason, cure = trial.assert_refused(trial.take_over())
    trial.assertIn("SN1P is HALF DEAD", reason)
    trial.assertIn("--fenced", cure)
    trial.assert_untouched(*trial.lab.nodes)
    reply = trial.take_over("--fenced")
    trial.assert_all_verified(reply)
    _look(trial)


@scenario("SN2P's name server is dead: refused, forced, partly; verified by itself when it is back",
          ci=True, deadline_s=180)
def backup_without_names(trial: Trial) -> None:
    trial.remember()
    trial.lab.stop(trial.sn2, "dnsmasq")
    trial.lab.cut(trial.sn1)
    reason, cure = trial.assert_refused(trial.take_over())
    trial.assertIn("53/udp", reason)
    trial.assertIn("--force", cure)
    trial.assert_untouched(*trial.lab.nodes)
    reply = trial.take_over("--force")
    trial.assert_exit(reply, case.NOT_FINE)
    trial.assertEqual(set(trial.verdicts(reply).values()), {"partly"})
    for row in reply.json["nodes"]:
        trial.assertIn("53/udp", words(row["reason"]), row)
    trial.sn2.run("dnsmasq")
    for node in trial.lab.nodes:
        trial.wait_verdict(node.name, "verified")
    _look(trial)


@scenario("a node asks systemd-resolved, which asks SN1P since a DHCP client told it so")
def stub_resolver(trial: Trial) -> None:
    node = trial.lab.nodes[0]
    device = node.output("sh", "-c", "ip -o route get 10.1.1.100 | sed 's/.* dev //; s/ .*//'").strip()
    node.sh("rm -f /etc/systemd/system/dbus.socket /etc/systemd/system/dbus.service && "
            "systemctl daemon-reload && systemctl start dbus.socket systemd-resolved")
    node.sh(f"resolvectl dns {device} {trial.sn1.address(node.entry.network)}")
    node.sh("ln -sf ../run/systemd/resolve/stub-resolv.conf /etc/resolv.conf")
    wait.until(f"{node.name} resolves by its stub",
               lambda: node.resolve(WHOAMI) == trial.sn1.address(MANAGEMENT))
    trial.remember()
    trial.lab.cut(trial.sn1)
    reply = trial.take_over()
    # A resolver that was told its servers just now may need more than the second that it is given
    # here, where a node is slow: then it is asked again, and nobody has to do anything.
    trial.assertIn(trial.verdicts(reply)[node.name], ("verified", "partly"), reply.exit)
    trial.wait_verdict(node.name, "verified")
    returns = [finding["place"] for finding in trial.result(reply, node.name)["findings"]
               if finding["class"] == "returns"]
    trial.assertEqual(returns, [f"resolved {device}"])
    trial.assertEqual(node.resolve(WHOAMI), trial.sn2.address(MANAGEMENT))
    trial.assertIn(trial.sn2.address(node.entry.network), node.output("resolvectl", "dns", device))
    trial.assert_moved(trial.lab.nodes[1:])


@scenario("every process of SN1P is killed: its kernel refuses every connection")
def service_node_killed(trial: Trial) -> None:
    trial.remember()
    trial.lab.kill(trial.sn1)
    _although(trial, "--fenced")


@scenario("every process of SN1P is stopped: its kernel takes connections, nobody answers")
def service_node_paused(trial: Trial) -> None:
    trial.remember()
    trial.lab.pause(trial.sn1)
    _although(trial, "--planned")


def _although(trial: Trial, option: str) -> None:
    """A kernel that answers is a sign of life: first refused, then done when it is meant."""
    reason, cure = trial.assert_refused(trial.take_over())
    trial.assertIn(option, reason + cure)
    trial.assert_untouched(*trial.lab.nodes)
    reply = trial.take_over(option)
    trial.assert_all_verified(reply)
    _look(trial)
