"""A measured figure beside its budget, and the table they are shown in.

Owns the form of a row, and which one of many figures stands for them; what is measured and which budget it has is each benchmark's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

HEADINGS = ("what", "measured", "floor", "ratio", "budget", "")
LEFT = {0, 5}
"""Columns of words; the others are figures and stand right."""


@dataclass(frozen=True, slots=True)
class Row:
    """``floor`` is the least that the same run could have taken, "" where there is none.

    ``is_kept`` is None for a figure without a budget.
    """

    what: str
    measured: str
    floor: str = ""
    ratio: str = ""
    budget: str = ""
    is_kept: bool | None = None

    @property
    def verdict(self) -> str:
        return {None: "", True: "ok", False: "OVER"}[self.is_kept]


def percentile(figures: Iterable[float], share: float) -> float:
    """The one that ``share`` of them, from 0 to 1, are below."""
    ordered = sorted(figures)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def table(rows: Iterable[Row]) -> str:
    """All rows as text, one line each, under a line of headings."""
    return columns(HEADINGS, map(_cells, rows))


def columns(headings: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Lines under their headings. Those of ``LEFT`` are words, the others figures."""
    cells = [headings, *lines]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(_line(line, widths) for line in cells)


def _cells(row: Row) -> tuple[str, ...]:
    return row.what, row.measured, row.floor, row.ratio, row.budget, row.verdict


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    aligned = (
        cell.ljust(width) if at in LEFT else cell.rjust(width)
        for at, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join(aligned).rstrip()
