"""A step is made ready before it is shown, in moments when no key is in hand.

The first time that Textual shows a screen it mounts it, lays it out and renders each of its
widgets: of a form, for longer than a key may wait. All of that is done here for a screen that
nobody sees yet, in pieces which are each shorter than that. Nothing is painted by it, and the
focus stays where it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.screen import Screen

from kiosk.keys import drained

if TYPE_CHECKING:
    from kiosk.app import KioskApp

BETWEEN_SECONDS = 0.03
"""Without a key before each piece."""


LAYOUTS_MAX = 5
"""What a layout changes may ask for another: of all steps, none takes more than three."""


async def make_ready(app: KioskApp, screen: Screen[None]) -> None:
    """Until ``screen``, which is installed, only has to be painted in the terminal's present size.
    One that is shown meanwhile is left to Textual.
    """
    await app.quiet(BETWEEN_SECONDS)
    await app.build(screen)
    for _ in range(LAYOUTS_MAX):
        await _has_drawn(screen)
        await app.quiet(BETWEEN_SECONDS)
        if screen.is_current or not app.is_running:
            return
        if not _needs_layout(screen):
            _render(screen)
            return
        _lay_out(screen)


async def _has_drawn(screen: Screen[None]) -> None:
    """Until what a size causes is done: widgets tell the screen, which draws, and they tell it."""
    for _ in range(2):
        for node in (*screen.query("*"), screen):
            await drained(node)


def _needs_layout(screen: Screen[None]) -> bool:
    return screen.outer_size != screen.size or screen._layout_required  # noqa: SLF001 - see below


def _lay_out(screen: Screen[None]) -> None:
    """What Textual does to a screen that is shown, and to no other."""
    screen._refresh_layout(screen.size)  # noqa: SLF001 - see the docstring
    screen._layout_required = False  # noqa: SLF001 - see the docstring


def _render(screen: Screen[None]) -> None:
    """Widgets keep the lines they rendered."""
    screen._compositor.render_strips()  # noqa: SLF001 - as App.export_screenshot does
