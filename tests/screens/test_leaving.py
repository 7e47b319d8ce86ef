"""Leaving: what is still under way when the screens are taken down neither fails nor is lost."""

from __future__ import annotations

import asyncio
import threading

import pytest
from console_at_work import Operator, console_at_work
from textual.css.query import NoMatches

from screens.customer import CustomerScreen


class StoreThreadAtWork:
    """Nothing asked of the console's file is answered before ``go_on``."""

    def __init__(self, operator: Operator) -> None:
        self._may_go_on = threading.Event()
        self._app = operator.app
        self._app.live._store_thread.submit(self._may_go_on.wait, 20)

    def go_on(self) -> None:
        self._may_go_on.set()

    async def go_on_while_taken_down(self, screen: CustomerScreen) -> None:
        """Once a part of ``screen`` is gone, or all of it waits for the answer."""
        for _ in range(50):
            await asyncio.sleep(0.01)
            if not self._app.is_running and not screen.query("#find"):
                break
        self.go_on()


async def test_a_file_that_is_still_read_is_not_drawn_on_what_is_gone(busy) -> None:
    for _ in range(4):  # the parts go in another order each time
        async with console_at_work(busy) as operator:
            await operator.press("f3", *"duval", "enter", "f4")
            screen = operator.app.live._steps[CustomerScreen.STEP]
            assert isinstance(screen, CustomerScreen)
            screen.file = None
            thread = StoreThreadAtWork(operator)
            screen.call_later(screen._read_file)
            going_on = asyncio.create_task(thread.go_on_while_taken_down(screen))
        await going_on
        with pytest.raises(NoMatches):
            screen.query_one("#find")
