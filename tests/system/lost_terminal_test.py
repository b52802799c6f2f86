#!/usr/bin/python3 -B
"""The administrator's terminal is lost in the middle of a takeover."""


from cluster import case, wait


class LostTerminal(case.SystemCase):
    nodes = (1, 2)

    def test_ends_nothing(self) -> None:
        node = self.cluster["cn002"]
        held = node.hold_start_of("rsyslog")
        self.cluster.cut(self.sn1)
        takeover = self.mn.begin("takeover", "SN1P", "--yes")
        held.wait()
        self.mn.kill("snctl")
        takeover.communicate(timeout=wait.DEADLINE_S)
        self.assertNotEqual(takeover.returncode, 0)
        self.assertTrue(node.in_the_middle(), "too late: there was nothing left to do")
        held.let_go()
        self.wait_verdict("cn002", "verified")
        for each in self.cluster.nodes:
            self.assert_bound(each, self.sn2)
        shown = wait.until("the takeover is finished", self._finished)
        self.assertEqual(set(self.verdicts(shown).values()), {"verified"})

    def _finished(self) -> case.Reply | None:
        shown = self.mn.snctl("show", "T1", "--json")
        return shown if shown.json["state"] == "finished" else None


if __name__ == "__main__":
    case.main()
