"""The only way to wait: for a condition, with a deadline that says what did not happen."""

import time
from typing import Callable, TypeVar

T = TypeVar("T")

# Far above what anything here takes, so that a slow machine only makes a test slow.
DEADLINE_S = 60.0
_POLL_S = 0.02


class Never(AssertionError):
    """What was waited for did not happen before the deadline."""


def until(what: str, condition: Callable[[], T], deadline_s: float = DEADLINE_S,
          state: Callable[[], object] | None = None) -> T:
    """Returns the first true value of `condition`.  `state` is shown when there is none."""
    end = time.monotonic() + deadline_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            seen = f"; instead: {state()}" if state else f"; last seen: {value!r}"
            raise Never(f"not within {deadline_s:g} s: {what}{seen}")
        time.sleep(_POLL_S)
