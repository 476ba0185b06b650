"""Pace: news of long work at most so often, however fast it comes."""

from __future__ import annotations

import time


class Pace:
    """Says when the next news is due; 100,000 in a second would keep a window from painting."""

    def __init__(self, every_s: float = 0.05) -> None:
        self._every_s, self._next = every_s, 0.0

    def is_due(self) -> bool:
        """Whether news may be told now; then the next may not for a while."""
        now = time.monotonic()
        if now < self._next:
            return False
        self._next = now + self._every_s
        return True
