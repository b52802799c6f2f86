#!/usr/bin/python3 -B
"""What a takeover shows on terminals of several widths, and on what is none."""

import re

from cluster import case
from cluster.terminal import Terminal


class OnATerminal(case.SystemCase):
    nodes = (1, 2)

    def test_the_bar_fits_goes_on_and_ends_full(self) -> None:
        self.cluster.cut(self.sn1)
        held = self.cluster["cn001"].hold_start_of("rsyslog")
        takeover = self.mn.begin("takeover", "SN1P", "--yes", "--json", "--all-at-once")
        held.wait()
        with self.subTest("a pipe"):
            watching = self.mn.begin("watch", "T1")
        screens = {columns: Terminal(self.mn.start, "env", f"TERM={term}", "snctl", "watch", "T1",
                                     columns=columns)
                   for columns, term in ((80, "xterm"), (100, "xterm"), (200, "xterm"), (81, "dumb"))}
        waiting = r"waiting for cn001 (\d+\.\d\d|\d+) s"
        # At once, and again although nothing has happened since.
        for columns, screen in screens.items():
            screen.read_until(waiting)
            if columns != 81:
                screen.read_until(waiting)
        held.let_go()
        self.assert_exit(self.mn.finish(takeover), case.VERIFIED)
        for columns, screen in screens.items():
            with self.subTest(columns=columns), screen:
                code, text = screen.finish()
                self.assertEqual(code, case.VERIFIED, text)
                if columns == 81:
                    self.assertNotIn("\r[", text, "nothing is written over")
                    continue
                pictures = [part for part in re.split(r"[\r\n]+", text) if part.startswith("[")]
                self.assertIn("] 2/2  ", pictures[-1])
                self.assertNotIn(".", pictures[-1].split("]")[0], "full")
                for picture in pictures:
                    self.assertLess(len(picture), columns, picture)
        out, _ = watching.communicate()
        self.assertIn("] 2/2  ", out)
        self.assertNotIn("\r", out)

    def test_the_question_stands_beside_its_facts(self) -> None:
        self.cluster.cut(self.sn1)
        for option, diff in (("--strict", False), ("--diff", True)):
            with self.subTest(option), Terminal(self.mn.start, "snctl", "takeover", "SN1P",
                                                option) as screen:
                before = screen.read_until(r"Move 2 nodes from SN1P to SN2P\? \[y/N\] ")
                self.assertEqual("     + " in before, diff, before)
                facts = before[before.index("PLAN SN1P"):]
                self.assertLess(facts.count("\n"), 22, facts)
                screen.type("n")
                code, rest = screen.finish()
                self.assertEqual(code, case.REFUSED)
                self.assertIn("\nnothing was changed", rest)
                self.assertNotIn("refused", rest)

    def test_what_is_mistyped_is_named(self) -> None:
        for line, meant in ((("takovr", "SN1P"), "did you mean takeover?"),
                            (("takeover", "sn1p", "--yes"), "did you mean SN1P?"),
                            (("status", "cn01"), "did you mean cn001?"),
                            (("sn", "clear", "SN1"), "did you mean SN1P?")):
            with self.subTest(line):
                reply = self.mn.snctl(*line)
                self.assertIn(meant, reply.error)
                self.assertEqual(reply.exit, case.USAGE if line[0] == "takovr" else case.REFUSED)
        with self.subTest("without a terminal"):
            reply = self.mn.snctl("takeover", "SN1P")
            self.assertEqual(reply.exit, case.USAGE)
            self.assertIn("stdin is not a terminal: confirm with --yes", reply.error)
            reply = self.mn.snctl("takeover", "SN1P", "--json")
            self.assertEqual((reply.exit, reply.json["exit"]), (case.USAGE, case.USAGE))
        with self.subTest("--json speaks JSON of its own errors, too"):
            reply = self.mn.snctl("status", "--json", "--socket", "/nowhere")
            self.assertEqual(reply.exit, case.ERROR)
            self.assertTrue(reply.json["refused"]["reason"])


if __name__ == "__main__":
    case.main()
