"""A list in groups, whose rows are known by what they stand for and not by where they stand.

Owns the mark and the scrolling: whatever is put anew, the mark stays on the same thing, and
that stays on the same row of the screen as long as it can. Knows nothing of what a row says.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from rich.segment import Segment
from rich.text import Text
from textual.geometry import Region
from textual.strip import Strip

from screens.widgets.columns import scrolled
from screens.widgets.rows import Rows


@dataclass(frozen=True, slots=True)
class Item:
    """One row. Without a ``key`` it is a heading or a remark, and the mark passes over it."""

    text: Text
    key: Hashable | None = None


class Items(Rows):
    """Rows, of which those with a key can be marked."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._keys: tuple[Hashable | None, ...] = ()
        self._top = 0

    @property
    def _first(self) -> int:
        return self._top

    @property
    def key(self) -> Hashable | None:
        """Of the marked row; None where there is none to mark."""
        return self._keys[self.selected] if 0 <= self.selected < len(self._keys) else None

    def put_items(self, items: Sequence[Item]) -> None:
        """Show these; the mark goes with its key, and to its neighbour where that is gone."""
        row = self.selected - self._top
        keys = tuple(item.key for item in items)
        selected = self._where(keys)
        self._keys = keys
        self._top = max(0, selected - row) if row >= 0 else 0
        self.put([item.text for item in items], selected=selected)

    def mark_first(self) -> None:
        """As when the list is seen for the first time."""
        self._top = 0
        self.selected = next((i for i, key in enumerate(self._keys) if key is not None), -1)

    def move(self, delta: int) -> None:
        """Move the mark by so many rows that can be marked, not past either end."""
        marked = [index for index, key in enumerate(self._keys) if key is not None]
        if self.selected in marked:
            at = marked.index(self.selected) + delta
            self.selected = marked[max(0, min(len(marked) - 1, at))]

    def _mark(self, y: int, *, chosen: bool) -> Segment:
        """Headings begin where marks do; an arrow for more to see has its place all the same."""
        mark = super()._mark(y, chosen=chosen)
        is_row = y + self._top < len(self._keys) and self._keys[y + self._top] is not None
        return mark if is_row or mark.text.strip() else Segment("")

    def _where(self, keys: Sequence[Hashable | None]) -> int:
        """The index of what was marked; of what came after it, else before it, once it is gone."""
        if self.key is not None:
            neighbours = (*self._keys[self.selected :], *reversed(self._keys[: self.selected]))
            for key in neighbours:
                if key is not None and key in keys:
                    return keys.index(key)
        return next((index for index, key in enumerate(keys) if key is not None), -1)

    def render_lines(self, crop: Region) -> list[Strip]:
        above = self.selected
        while above > 0 and self._keys[above - 1] is None:
            above -= 1  # headings and remarks above the first of a group are shown with it
        shown = max(0, self.selected)
        self._top = scrolled(self._top, self.size.height, self.count, max(0, above), shown)
        return super().render_lines(crop)
