#!/usr/bin/python3 -B
"""The agent is killed in the middle of a change.

The middle is made, not hit by luck: the start of rsyslog, one of the node's own commands, waits
in a FIFO.  The test looks at the journal before the kill and again while the agent is dead: a
kill that came too early or too late fails the test.
"""

from typing import Callable

from cluster import case, wait
from cluster.host import start_time
from cluster.node import Node


class AgentKilled(case.SystemCase):
    nodes = (1, 2)

    def kill_in_the_middle(self, kill: Callable[[Node], None]) -> None:
        node = self.cluster["cn002"]
        held = node.hold_start_of("rsyslog")
        self.cluster.cut(self.sn1)
        takeover = self.mn.begin("takeover", "SN1P", "--yes", "--json", "--timeout", "90s")
        held.wait()
        self.assertTrue(node.in_the_middle(), f"too early or too late: {node.journal()}")
        kill(node)
        self.assertTrue(node.in_the_middle(), f"too late: {node.journal()}")
        held.let_go()
        node.agent.release()

        reply = self.mn.finish(takeover)
        self.assertIn(self.verdict_of("cn001"), ("verified",), str(reply))
        self.wait_verdict("cn002", "verified")
        self.assertFalse(node.in_the_middle(), f"{node.journal()}")
        for each in self.cluster.nodes:
            self.assert_bound(each, self.sn2)
        self.assert_nothing_left(node)
        # Whatever the first run said of the node that was killed, it is fine in the end.
        self.assertIn(reply.exit, (case.VERIFIED, case.WAITING), str(reply))

    def assert_nothing_left(self, node: Node) -> None:
        leftovers = [str(path) for path in node.path("/etc").rglob("*.snagent*")]
        self.assertEqual(leftovers, [], "temporary files")
        self.assertEqual(len(node.pids("rsyslogd")), 1, "one rsyslogd, not two")
        self.assertEqual(len(node.pids("chronyd")), 1)

    def test_executor_alone(self) -> None:
        def kill(node: Node) -> None:
            node.agent.hold()
            session = node.session
            born = start_time(session)
            node.kill_pid_file("/run/snagent/executor.pid")
            wait.until("the session ends with its executor",
                       lambda: start_time(session) != born)
            wait.until("the agent is dead", lambda: not node.agent.running)
        self.kill_in_the_middle(kill)

    def test_session_alone(self) -> None:
        def kill(node: Node) -> None:
            executor = node.executor
            born = start_time(executor)
            killed = node.kill_pid_file("/run/snagent/session.pid")
            self.assertNotEqual(killed, executor)
            self.assertEqual(start_time(executor), born, "the executor lives")
            self.executor = (executor, born)
        self.kill_in_the_middle(kill)
        node = self.cluster["cn002"]
        self.assertEqual((node.executor, start_time(node.executor)), self.executor,
                         "the executor is still the same process")

    def test_both(self) -> None:
        def kill(node: Node) -> None:
            node.agent.hold()
            session, executor = node.session, node.executor
            self.assertTrue(session and executor and session != executor)
            node.kill_pid_file("/run/snagent/session.pid")
            node.kill_pid_file("/run/snagent/executor.pid")
            wait.until("the agent is dead", lambda: not node.agent.running)
        self.kill_in_the_middle(kill)


if __name__ == "__main__":
    case.main()
