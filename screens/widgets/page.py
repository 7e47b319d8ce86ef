"""Text longer than the screen, turned a page at a time.

Owns how far it was turned; knows nothing of what it says.
"""

from __future__ import annotations

from textual import events
from textual.message import Message

from screens.widgets.rows import Rows


class Page(Rows, can_focus=True):
    """Text that is turned a page at a time. Enter turns, and at the end says so."""

    class Turned(Message):
        """Another part of the text is shown."""

    class Ended(Message):
        """Enter was pressed with the end in sight."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, marks=False)
        self.top = 0

    @property
    def _first(self) -> int:
        return self.top

    @property
    def is_whole(self) -> bool:
        """All of the text is in sight."""
        return self.count <= self.size.height

    @property
    def is_at_end(self) -> bool:
        return self.top + self.size.height >= self.count

    def turn(self, delta: int) -> None:
        last = max(0, self.count - self.size.height)
        self.top = max(0, min(last, self.top + delta))
        self.refresh()
        self.post_message(self.Turned())

    def on_key(self, event: events.Key) -> None:
        page = max(1, self.size.height - 2)
        by = {"up": -1, "down": 1, "pageup": -page, "pagedown": page, "space": page}
        if event.key in by:
            self.turn(by[event.key])
        elif event.key == "enter" and self.is_at_end:
            self.post_message(self.Ended())
        elif event.key == "enter":
            self.turn(page)
        else:
            return
        event.stop()
