"""Runs scenarios one after another and says how each ended."""

import os
import signal
import sys
import time
import traceback
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Iterator

from cluster.wait import Never

from .lab import Lab, Material
from .scenario import Scenario, Trial

_WIDTH = 100


class Runner:
    def __init__(self, scenarios: list[tuple[int, Scenario]], nodes: int, version: str,
                 material: Material) -> None:
        self._scenarios = scenarios     # with their numbers
        self._make = lambda: Lab(nodes, version, material)
        self._failed: list[str] = []

    def run(self) -> int:
        """In the world."""
        self._lab = self._make()
        began = time.monotonic()
        try:
            with deadline(120, "the servers are up"):
                self._lab.power_on()
        except Exception:
            traceback.print_exc()
            print("the lab's servers did not come up")
            return 1
        _say(f"{len(self._lab.nodes)} diskless nodes, NFS v{self._lab.version}; servers up in "
             f"{time.monotonic() - began:.1f} s")
        for number, scenario in self._scenarios:
            self._one(number, scenario)
        self._lab.off(*self._lab.nodes)
        passed = len(self._scenarios) - len(self._failed)
        for name in self._failed:
            _say(f"FAILED: {name}")
        _say(f"{passed} passed, {len(self._failed)} failed   {time.monotonic() - began:.0f} s")
        return 1 if self._failed else 0

    def _one(self, number: int, scenario: Scenario) -> None:
        title = f"{number:2} {scenario.name.replace('_', '-')}"
        if sys.stdout.isatty():
            print(f"{title:<52} ...", end="\r", flush=True)
        began = time.monotonic()
        trial = Trial(self._lab)
        booted = began
        problem = ""
        try:
            with deadline(240, "every node is up"):
                self._lab.fresh(scenario.mounts, scenario.version)
            booted = time.monotonic()
            with deadline(scenario.deadline_s, "the scenario is over"):
                scenario.body(trial)
        except Exception as error:
            problem = story(error)
        seconds = time.monotonic() - booted
        verdict = "ok    " if not problem else "FAILED"
        notes = "   " + "; ".join(trial.notes) if trial.notes else ""
        _say(f"{title:<44} {verdict} {seconds:6.1f} s  (boot {booted - began:.1f} s){notes}")
        if problem:
            self._failed.append(f"{number} {scenario.name.replace('_', '-')}: {scenario.story}")
            self._explain(problem)

    def _explain(self, problem: str) -> None:
        _say(_indented(problem))
        mn = self._lab.mn
        for what, command in (("snctl status", ("status",)), ("snctl show T1", ("show", "T1"))):
            try:
                reply = mn.snctl(*command, deadline_s=10)
                _block(what, reply.text + reply.error)
            except Exception as error:
                _block(what, f"{type(error).__name__}: {error}")
        for node in self._lab.nodes:
            for what, text in node.evidence():
                if text.strip():
                    _block(f"{node.name} {what}", text)
        _block("sncoordd", mn.coordinator.text()[-3000:])
        keep = os.environ.get("SN_KEEP_LOGS")
        if keep:
            for log in (self._lab.room / "logs").glob("*.log"):
                target = Path(keep) / log.name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(log.read_bytes())


@contextmanager
def deadline(seconds: float, what: str) -> Iterator[None]:
    """Ends what hangs where no deadline of its own is."""
    def passed(number: int, frame: FrameType | None) -> None:
        raise Never(f"not within {seconds:g} s: {what}")
    before = signal.signal(signal.SIGALRM, passed)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def story(error: Exception) -> str:
    """Where in the scenario, and what."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__)
              if "/tests/" in frame.filename]
    where = " > ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames[-6:])
    return f"{type(error).__name__} at {where}\n{error}"


def _indented(text: str) -> str:
    return "\n".join("     " + line for line in text.splitlines())


def _block(title: str, text: str) -> None:
    _say(f"     --- {title} " + "-" * max(0, _WIDTH - 12 - len(title)))
    _say(_indented(text.rstrip()))


def _say(text: str) -> None:
    print(text, flush=True)
