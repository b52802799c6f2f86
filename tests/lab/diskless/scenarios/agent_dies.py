"""The agent is killed in the middle of a change; systemd starts it again."""

from cluster import case, wait

from ..scenario import Trial, scenario


@scenario("agent killed -9 in the middle of the change: the next one finishes it", ci=True)
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
    left = node.sh("find / -xdev -name '.*.snagent' 2>/dev/null", check=False).output
    trial.assertEqual(left, "", "temporary files")
