"""Others write what the agent moves: xCAT's scripts, a DHCP client."""

from cluster import case, files, wait
from cluster.facts import words

from ..node import DisklessNode
from ..scenario import Trial, scenario

# Named like the one that runs at the end of a node's boot and for an updatenode.
_SCRIPT = "xcatdsklspost"
_HOLD = f"/run/hold-{_SCRIPT}"
_RESOLVER = "/etc/resolv.conf"


@scenario("xCAT's script rewrites resolv.conf: on one node it was at work before, on another it "
          "begins in the middle", ci=True, nodes=2)
def xcat_script_in_the_middle(trial: Trial) -> None:
    trial.remember()
    early, late = trial.lab.nodes[0], trial.lab.nodes[-1]
    others = trial.lab.nodes[1:-1]
    text = {node.name: files.resolv_conf(node.entry, trial.sn1.entry) for node in (early, late)}
    early.sh(f"mkfifo {_HOLD}")
    _start_script(early, text[early.name])
    trial.lab.cut(trial.sn1)
    with trial.in_the_middle(late) as takeover:
        wait.until(f"{early.name} says what it waits for", lambda: str(
            words(trial.mn.rows()[early.name]["busy"])).startswith(f"waiting for {_SCRIPT} (pid "),
            state=lambda: trial.mn.rows()[early.name])
        for node in others:
            trial.wait_verdict(node.name, "verified")
        trial.assert_untouched(early)
        trial.assertIn(f"SN0311 T1 {early.name} ", trial.mn.coordinator.text())
        trial.assertIn(f"waiting for {_SCRIPT}", trial.mn.snctl("status", early.name).text)
        trial.assertNotIn(trial.sn1.address(late.entry.network), late.read(_RESOLVER),
                          "too early: not changed yet")
        _start_script(late, text[late.name])
        _wait_for_its_end(late)
    # Read again for the proof: named, and not fought about.
    trial.wait_verdict(late.name, "partly")
    _let_script_go(early)
    reply = trial.mn.finish(takeover)
    trial.assert_exit(reply, case.NOT_FINE)
    trial.assertEqual(trial.verdicts(reply), {
        **{node.name: "verified" for node in trial.lab.nodes}, late.name: "partly"})
    row = trial.result(reply, late.name)
    said = [finding for finding in row["findings"]
            if finding["place"].startswith(f"{_RESOLVER}:")]
    trial.assertEqual((row["left"], len(said)), (1, 1), row)
    trial.assertIn("changed back after it was replaced", words(said[0]["reason"]))
    trial.assertEqual(late.read(_RESOLVER), text[late.name], "nobody wins silently")
    # What the script wrote on the other one was moved.
    trial.assert_moved([early, *others])

    trial.assert_exit(trial.take_over(), case.VERIFIED)
    trial.assert_moved([late])
    _start_script(early, text[early.name])
    _let_script_go(early)
    _start_script(late, text[late.name])        # a bind mount, if it has statelite files
    _wait_for_its_end(late)
    for node in (early, late):
        _assert_drift(trial, node, (f"{_RESOLVER}:",))
        trial.assertEqual(node.read(_RESOLVER), text[node.name], "nobody wins silently")


@scenario("SN1P returns with a DHCP server: a node's client makes it router and name server again",
          ci=True)
def sn1p_back_from_the_dead(trial: Trial) -> None:
    trial.remember()
    node = trial.lab.nodes[0]       # a client replaces resolv.conf: a bind mount it could not
    trial.lab.serve_dhcp(trial.sn1)
    trial.lab.cut(trial.sn1)
    trial.assert_all_verified(trial.take_over())
    trial.assert_moved()
    before = trial.mn.rows()[node.name]
    trial.lab.join(trial.sn1)
    # Not by its log, which is that of earlier scenarios, too.
    wait.until("the coordinator sees that SN1P returned", lambda: "ANSWERS AGAIN since" in
               trial.mn.snctl("status").text, state=trial.mn.coordinator.text)
    trial.assertIn("SN0411", trial.mn.coordinator.text())

    node.sh("dhclient -1 -v -lf /run/dhclient.leases -pf /run/dhclient.pid vec0")

    old = trial.sn1.address(node.entry.network)
    def pulled_back() -> None:
        trial.assertEqual(node.route_to("198.51.100.1"), old, "a default route of its own")
        trial.assertIn(f"nameserver {old}\n", node.read(_RESOLVER))
    pulled_back()
    _assert_drift(trial, node, (f"{_RESOLVER}:", "route default"))
    # Shown, not corrected.
    pulled_back()
    row = trial.mn.rows()[node.name]
    trial.assertEqual((row["sn"], row["verdict"], row["generation"]),
                      ("SN2P", "verified", before["generation"]))
    trial.assertIn("no takeover 'T2'", str(trial.mn.snctl("show", "T2")))
    trial.lab.on_all(lambda each: trial.assertEqual(each.gateways()["default"],
                     trial.sn2.address(each.entry.network), each.name), trial.lab.nodes[1:])

    # What status advises: it lives, so that it wants to be meant.
    trial.assert_refused(trial.take_over("--nodes", node.name))
    node.sh("kill $(cat /run/dhclient.pid)")
    trial.assert_exit(trial.take_over("--nodes", node.name, "--planned"), case.VERIFIED)
    trial.assertEqual(node.route_to("198.51.100.1"), trial.sn2.address(node.entry.network))
    trial.assertNotIn(old, node.read(_RESOLVER))


def _start_script(node: DisklessNode, resolver: str) -> None:
    """In the middle of its work until it is let go, if it is held; else it may have ended."""
    node.write(f"/run/{_SCRIPT}", "#!/bin/bash\n"
               f"[ ! -p {_HOLD} ] || read -r _ <{_HOLD}\n"
               f"cat >{_RESOLVER} <<'END'\n{resolver}END\n")
    node.sh(f"chmod 755 /run/{_SCRIPT}; setsid /run/{_SCRIPT} 4 </dev/null >/dev/null 2>&1 &")
    wait.until(f"{node.name}: {_SCRIPT} is at work, or has done it", lambda:
               node.sh(f"pgrep -x {_SCRIPT}", check=False).output
               or node.read(_RESOLVER) == resolver)


def _let_script_go(node: DisklessNode) -> None:
    node.sh(f"exec 3<>{_HOLD} && echo >&3")
    _wait_for_its_end(node)


def _wait_for_its_end(node: DisklessNode) -> None:
    wait.until(f"{node.name}: {_SCRIPT} has ended", lambda: node.sh(
        f"pgrep -x {_SCRIPT}", check=False).exit == 1)


def _assert_drift(trial: Trial, node: DisklessNode, places: tuple[str, ...]) -> None:
    """The node is known to name SN1P again, each place by name."""
    def known() -> bool:
        lines = [line for line in trial.mn.coordinator.text().splitlines()
                 if "SN0330" in line and f" {node.name} " in line]
        return (trial.mn.rows()[node.name]["observed"].get("SN1P") == len(places)
                and all(any(place in line for line in lines) for place in places))
    wait.until(f"the coordinator knows that {node.name} names SN1P again", known,
               state=lambda: (trial.mn.rows()[node.name], trial.mn.coordinator.text()[-2000:]))
    trial.assertIn("names SN1P again", trial.mn.snctl("status").text)
