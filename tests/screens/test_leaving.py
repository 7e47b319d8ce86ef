"""Leaving: what is still under way when the screens are taken down neither fails nor is lost."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from console_at_work import ONLINE, Operator, console_at_work
from textual.css.query import NoMatches

from models.errors import Unavailable
from screens.customer import CustomerScreen
from services.desk import Desk


class StoreThreadAtWork:
    """Nothing asked of the console's file is answered before ``go_on``."""

    def __init__(self, operator: Operator) -> None:
        self._may_go_on = threading.Event()
        self._app = operator.app
        self._app.live._store_thread.submit(self._may_go_on.wait, 20)

    async def go_on_while_taken_down(self, screen: CustomerScreen) -> None:
        """Once a part of ``screen`` is gone, or all of it waits for the answer."""
        for _ in range(50):
            await asyncio.sleep(0.01)
            if not self._app.is_running and not screen.query("#hits"):
                break
        assert not self._app.is_running
        self._may_go_on.set()


@contextmanager
def taken_down(operator: Operator) -> Iterator[None]:
    """As Textual is from the moment on in which it takes the first widget away."""
    operator.app._running = False
    yield
    operator.app._running = True


async def test_who_is_still_looked_for_is_not_drawn_on_what_is_gone(busy) -> None:
    for _ in range(4):  # the parts go in another order each time
        async with console_at_work(busy) as operator:
            await operator.press("f3", *"duval", "enter", "f4")
            screen = operator.app.live._steps[CustomerScreen.STEP]
            assert isinstance(screen, CustomerScreen)
            thread = StoreThreadAtWork(operator)
            screen.call_later(screen._search, "duval")
            going_on = asyncio.create_task(thread.go_on_while_taken_down(screen))
        await going_on
        with pytest.raises(NoMatches):
            screen.query_one("#hits")


async def test_a_step_that_is_taken_down_draws_nothing(folder) -> None:
    async with console_at_work(folder) as operator:
        await operator.press("f3", "f4")
        screen = operator.app.live._steps[CustomerScreen.STEP]
        await screen.query_one("#find").remove()
        with taken_down(operator):
            screen.redraw()


async def test_a_dialog_that_is_taken_down_draws_nothing(folder) -> None:
    async with console_at_work(folder) as operator:
        await operator.press("f12")
        dialog = operator.app.screen
        await dialog.query_one("#notice").remove()
        with taken_down(operator):
            dialog.redraw()


async def test_what_the_sync_tells_when_no_screen_is_left_ends_nothing(folder) -> None:
    async with console_at_work(folder) as operator:
        live = operator.app.live
    assert not operator.app.screen_stack
    live._sync_changed(ONLINE)
    live.say("")
    assert operator.app.return_code is None


@pytest.mark.parametrize(
    "error, seen", [(Unavailable("disk_full"), asyncio.CancelledError), (KeyError, KeyError)]
)
async def test_a_defect_is_told_even_then_and_nothing_else(folder, error, seen) -> None:
    def ask(_: Desk) -> None:
        raise error

    async with console_at_work(folder) as operator:
        with taken_down(operator), pytest.raises(seen):
            await operator.app.live.at_desk(ask)
