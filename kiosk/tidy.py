"""Python's collector of rubbish goes through what there is while no key is in hand.

Left to itself it does so after so many objects were made, which is while somebody types, and it
looks at all that is not known to last: ten milliseconds after the first call, a hundred after
thirty.
"""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

from textual._styles_cache import StylesCache

if TYPE_CHECKING:
    from kiosk.app import KioskApp

QUIET_SECONDS = 1.0
"""Without a key before it: whoever reads to a caller, or listens, pauses for longer."""

THRESHOLDS = (700, 10, 1_000)
"""The young are looked at as ever, in one to three milliseconds; everything only where nobody
paused while the middle ones were looked at a thousand times.
"""
OLD = 2


def put_off() -> None:
    """Until ``stay_tidy``: what is made now lasts."""
    gc.disable()


def is_put_off() -> bool:
    return not gc.isenabled()


async def stay_tidy(app: KioskApp) -> None:
    """What stands now stands to the end, and is never looked at; what comes after is, for ever, in
    each pause in which there is much that is new. For a program that has ``put_off`` the collector.
    """
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    gc.enable()
    while True:
        await app.quiet(QUIET_SECONDS)
        if gc.get_count()[OLD]:  # the middle ones were looked at since
            tidy_up()


def tidy_up() -> None:
    """Textual remembers colours by whoever asked for them, a thousand times: the lines of dialogs
    that were closed long ago.
    """
    StylesCache.get_inner_outer.cache_clear()
    gc.collect()
