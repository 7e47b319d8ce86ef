"""What processes complained of while they ran: a defect counts, even where nothing was lost.

Owns which lines of a log are complaints.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

DEFECTS = (
    re.compile(r"^sync: \w+"),  # an exception nobody expected, see services.sync.thread
    re.compile(r"['\"]status['\"]: 500\b"),
    re.compile(r"^\w*Error\b"),  # the last line of a traceback
)


def _kind(line: str) -> str:
    """Without what differs from time to time."""
    return re.sub(r"[0-9a-f-]{36}|\d{2,}(?<!500)", "…", line)[:200]


def defects(logs: Iterable[Path]) -> Iterator[str]:
    """Each kind once, with how often and where."""
    found = Counter(
        (log.name, _kind(line))
        for log in logs
        for line in log.read_text(errors="replace").splitlines()
        if any(pattern.search(line) for pattern in DEFECTS)
    )
    for (name, line), count in found.items():
        yield f"{name}: {line} ({count} times)"
