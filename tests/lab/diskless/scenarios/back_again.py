"""Nothing goes wrong: a takeover is rehearsed, or taken back.  Said by hand: the nodes are what is
looked at."""

from typing import Any

from cluster.by_hand import ByHand
from cluster.case import Before
from cluster.facts import words

from ..node import DisklessNode
from ..paper import INSTALL
from ..scenario import Trial, scenario


def _mounts(node: DisklessNode) -> list[Any]:
    return sorted((mount.place, mount.source, mount.address, mount.version, mount.read_only)
                  for mount in node.nfs_mounts())


def _assert_as_before(trial: Trial, node: DisklessNode, mounts: list[Any]) -> None:
    was, now = trial.before[node.name], Before(node)
    trial.assertEqual(was.files.changed(now.files), set(), f"{node.name}: files")
    trial.assertEqual(was.routes, now.routes, f"{node.name}: routes")
    trial.assertEqual(mounts, _mounts(node), f"{node.name}: mounts")
    trial.assert_never_stopped(node, 2000)


@scenario("both service nodes live: taken over, and every byte, route and mount put back")
def taken_back(trial: Trial) -> None:
    trial.remember()
    mounts = {node.name: _mounts(node) for node in trial.lab.nodes}
    with ByHand(trial.mn) as hand:
        for node in trial.lab.nodes:
            hand.hello(node.name)
            there = hand.rebind(node.name, 17, "SN1P", "SN2P")
            trial.assertEqual(there["verdict"], "verified", there)
            trial.assertNotEqual(mounts[node.name], _mounts(node))
            plan = hand.preflight(node.name, "SN2P", "SN1P", undo=17)
            things = plan["files"] + plan["routes"] + plan["mounts"]
            trial.assertEqual(plan["restored"], things, plan)
            back = hand.rebind(node.name, 18, "SN2P", "SN1P", undo=17)
            trial.assertEqual((back["verdict"], back["left"]), ("verified", 0), back)
            trial.assertEqual(back["restored"], things, back)
            _assert_as_before(trial, node, mounts[node.name])


@scenario("rehearsed while SN2P lacks an export: it is found, and nothing is left behind")
def rehearsed_without_the_export(trial: Trial) -> None:
    trial.remember()
    mounts = {node.name: _mounts(node) for node in trial.lab.nodes}
    with ByHand(trial.mn) as hand:
        for node in trial.lab.nodes:
            hand.hello(node.name)
            plan = hand.rehearse(node.name, "SN1P", "SN2P")
            trial.assertEqual(plan["outlook"], "whole", plan)
            _assert_as_before(trial, node, mounts[node.name])
        trial.lab.withdraw(trial.sn2, INSTALL)
        for node in trial.lab.nodes:
            trial.assertEqual(hand.preflight(node.name, "SN1P", "SN2P")["outlook"], "whole")
            rescue = hand.rehearse(node.name, "SN1P", "SN2P")
            trial.assertEqual(rescue["outlook"], "partly", rescue)
            trial.assertIn(f"mount {INSTALL}", [each["place"] for each in rescue["findings"]
                                                if each["what"] == "left"], rescue)
            plan = hand.rehearse(node.name, "SN1P", "SN2P", planned=True)
            trial.assertEqual(plan["outlook"], "blocked", plan)
            found = [each for each in plan["findings"] if each["what"] == "blocked"]
            trial.assertEqual([each["place"] for each in found], [f"mount {INSTALL}"], found)
            trial.assertIn("export", words(found[0]["cure"]))
            _assert_as_before(trial, node, mounts[node.name])
            trial.assertEqual(node.journal(), [])
