"""What every bench shares: figures with their spread, and how they are printed."""

import json
import math
import statistics
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Sequence

REPOSITORY = Path(__file__).resolve().parents[2]

sys.path.insert(0, str(REPOSITORY / "tests/system"))


@dataclass
class Figure:
    """One line of the table: its values over the rounds, of which the median, the least and the most
    are shown, and the goal, if there is one."""
    name: str
    unit: str
    values: Sequence[float]
    goal: float | None = None       # the median is to be below
    key: str = ""                   # by which write() has it; "": not

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def text(self) -> str:
        spread = "" if len(self.values) == 1 else \
            f"   {_number(min(self.values))} .. {_number(max(self.values))}"
        goal = ""
        if self.goal is not None:
            goal = f"   {'under' if self.median < self.goal else 'NOT under'} {self.goal:g}"
        return f"{self.name:<52}{_number(self.median):>9} {self.unit:<5}{spread:<22}{goal}"


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def write(path: Path, figures: Sequence[Figure]) -> None:
    """Into a file of one JSON object, beside what other benches wrote there."""
    known = json.loads(path.read_text()) if path.exists() else {}
    for figure in figures:
        if figure.key:
            known[figure.key] = {"median": figure.median, "least": min(figure.values),
                                 "most": max(figure.values), "unit": figure.unit,
                                 "goal": figure.goal}
    path.write_text(json.dumps(known, indent=2) + "\n")


def percentile(values: Sequence[float], part: float) -> float:
    """The smallest value that `part` (of 1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * part) - 1)]


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 1000 or value == int(value) else f"{value:.3g}"


def show(title: str, command: str, figures: Sequence[Figure], notes: Sequence[str] = ()) -> None:
    lines = [f"{title}      {command}", *("  " + figure.text() for figure in figures),
             *("  " + note for note in notes)]
    print(*lines, sep="\n", flush=True)

