"""A step is made ready before it is shown, in moments when no key is in hand.

The first time that Textual shows a screen it mounts it, lays it out and renders each of its
widgets: of a form, for longer than a key may wait. All of that is done here for a screen that
nobody sees yet, in pieces which are each shorter than that. Nothing is painted by it, and the
focus stays where it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiosk.keys import drained

if TYPE_CHECKING:
    from kiosk.app import KioskApp
    from screens.step import StepScreen

BETWEEN_SECONDS = 0.03
"""Without a key before each piece."""


LAYOUTS_MAX = 5
"""What a layout changes may ask for another: of all steps, none takes more than three."""


async def make_ready(app: KioskApp, screen: StepScreen) -> None:
    """Until ``screen``, which is installed, only has to be painted in the terminal's present size.
    One that is shown meanwhile is left to Textual.
    """
    await app.quiet(BETWEEN_SECONDS)
    await app.build(screen)
    await _stand(app, screen)  # with all its fields: one that is hidden at first is ready as well
    screen.redraw()
    await _stand(app, screen)


async def _stand(app: KioskApp, screen: StepScreen) -> None:
    """Until nothing of it moves any more, and all of it is rendered."""
    for _ in range(LAYOUTS_MAX):
        await _has_drawn(screen)
        await app.quiet(BETWEEN_SECONDS)
        if screen.is_current or not app.is_running:
            return
        if not _needs_layout(screen):
            _render(screen)
            return
        _lay_out(screen)


async def _has_drawn(screen: StepScreen) -> None:
    """Until its widgets know what they were told, and it what they tell."""
    for node in (*screen.query("*"), screen):
        await drained(node)


def _needs_layout(screen: StepScreen) -> bool:
    return screen.outer_size != screen.size or screen._layout_required  # noqa: SLF001 - see below


def _lay_out(screen: StepScreen) -> None:
    """What Textual does to a screen that is shown, and to no other."""
    screen._refresh_layout(screen.size)  # noqa: SLF001 - see the docstring
    screen._layout_required = False  # noqa: SLF001 - see the docstring


def _render(screen: StepScreen) -> None:
    """Widgets keep the lines they rendered."""
    screen._compositor.render_strips()  # noqa: SLF001 - as App.export_screenshot does
