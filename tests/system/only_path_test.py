#!/usr/bin/python3 -B
"""The way to some nodes led through the service node that died."""

from cluster import case, wait


class OnlyPath(case.SystemCase):
    nodes = (1, 7, 8)

    def test_nodes_come_back_through_the_other_forwarder_and_converge(self) -> None:
        for name in ("cn007", "cn008"):
            self.assertEqual(self.mn.rows()[name]["path"], "tcp://10.1.2.100:7400")
            done = self.cluster[name].run("timeout", "1", "bash", "-c",
                                          "exec 3<>/dev/tcp/10.1.0.1/7400", check=False)
            self.assertNotEqual(done.returncode, 0, "there is no other way than a forwarder")

        self.cluster.cut(self.sn1)
        # At once: the coordinator still believes that it reaches them.
        reply = self.takeover("SN1P", "--timeout", "60s")
        self.assert_exit(reply, case.VERIFIED)
        self.assertEqual(self.verdicts(reply),
                         dict.fromkeys(("cn001", "cn007", "cn008"), "verified"))
        for name in ("cn007", "cn008"):
            self.assertEqual(self.mn.rows()[name]["path"], "tcp://10.1.2.101:7400")
        for node in self.cluster.nodes:
            self.assert_bound(node, self.sn2)

    def test_a_forwarder_without_a_coordinator_behind_it_is_no_path(self) -> None:
        self.cluster.network.cut(self.mn)
        # Nodes must not settle on a forwarder that accepts and then stays silent.
        wait.until("nobody is connected to a coordinator that is cut off",
                   lambda: not any(row["connected"] for row in self.mn.rows().values()))
        self.cluster.network.join(self.mn)
        self.cluster.wait_connected("cn001", "cn007", "cn008")
        self.assert_untouched(*self.cluster.nodes)


if __name__ == "__main__":
    case.main()
