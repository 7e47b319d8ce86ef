"""Where one is in a list of central's that comes in pages, and that it leads on.

A list that stands still, or goes in circles, would never end.
"""

from __future__ import annotations

from models.errors import Unavailable


class Cursors:
    """Those of one way through a list, from ``first`` on."""

    def __init__(self, first: object) -> None:
        self._seen = {first, None, ""}

    def check(self, following: object) -> None:
        """Raises Unavailable("central_unclear") for one that was there before, or is none."""
        if following in self._seen:
            raise Unavailable("central_unclear")
        self._seen.add(following)
