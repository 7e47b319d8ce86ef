"""What processes complained of while they ran: a defect counts, even where nothing was lost.

Owns which lines of a log are complaints.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

DEFECT = re.compile(
    r"^sync: \w+"  # an exception that nobody expected, see services.sync.thread
    r"|\"status\": 500\b"  # central's own, see central.guards
    r"|^[\w.]*(?:Error|Exception)\b"  # the last line of a traceback
)


def defects(logs: Iterable[Path]) -> Iterator[str]:
    """Each kind once, with how often and where."""
    for log in logs:
        lines = log.read_text(errors="replace").splitlines()
        found = Counter(match[0] for match in map(DEFECT.search, lines) if match)
        for what, count in found.items():
            yield f"{log.name}: {what} ({count} times)"
