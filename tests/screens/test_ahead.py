"""The steps are made ready before they are shown: laid out and rendered, unseen, after all keys."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest
from console_at_work import (
    LARGE,
    SMALL,
    Operator,
    console_at_work,
    key_event,
    layouts_from_now,
)
from textual import events
from textual.app import App, ComposeResult
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widgets import Input

from kiosk import ahead
from kiosk.app import KioskApp
from kiosk.keys import KeyTurns
from screens.customer import CustomerScreen
from screens.delivery import DeliveryScreen
from screens.step import StepScreen
from screens.widgets.text_field import TextField

STEP_KEYS = ("f2", "f3", "f4", "f5", "f6", "f1")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "BETWEEN_SECONDS", 0)


async def made_ready(operator: Operator) -> None:
    making = operator.app.live._making_ready
    assert making is not None
    await asyncio.wait_for(making, 20)


def steps(operator: Operator) -> list[StepScreen]:
    return list(operator.app.live._steps.values())


def regions(screen: StepScreen) -> Mapping[str, Region]:
    return {str(widget.id): widget.region for widget in screen.query("*") if widget.id}


async def resized(operator: Operator, size: Size) -> None:
    """What the driver does when the terminal tells its new size."""
    operator.app._driver._size = size
    operator.app.post_message(events.Resize(size, size))
    for _ in range(2):  # it is taken up when the application is idle
        await operator.settled()


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
async def test_a_form_stands_where_it_will_be_shown_before_it_is(folder, size) -> None:
    async with console_at_work(folder, size=size) as operator:
        await made_ready(operator)
        assert [screen.outer_size for screen in steps(operator)] == [Size(*size)] * 7
        customer = operator.app.live._steps[CustomerScreen.STEP]
        before = regions(customer)
        assert before["last_name"].area > 0
        await operator.press("f3")
        assert operator.step == "CustomerScreen"
        assert regions(customer) == before


async def test_the_first_time_a_step_is_shown_nothing_is_laid_out(folder, monkeypatch) -> None:
    async with console_at_work(folder) as operator:
        await made_ready(operator)
        laid_out = layouts_from_now(monkeypatch)
        for key in ("f2", "f3", "f4"):
            await operator.press(key)
        assert operator.step == "DeliveryScreen"
        assert laid_out == []


async def test_a_field_that_is_hidden_at_first_is_rendered_as_well(folder, monkeypatch) -> None:
    async with console_at_work(folder) as operator:
        await made_ready(operator)
        await operator.press("f4")
        assert operator.step == "DeliveryScreen"
        assert operator.app.screen.query_one("#street").region.area == 0
        rendered: list[str | None] = []
        render_line = TextField.render_line

        def noted(self: TextField, y: int) -> Strip:
            rendered.append(self.id)
            return render_line(self, y)

        monkeypatch.setattr(TextField, "render_line", noted)
        await operator.press("2")
        assert operator.app.screen.query_one("#street").region.area > 0
        assert "street" not in rendered


async def test_nothing_of_it_is_seen(folder, monkeypatch) -> None:
    async with console_at_work(folder) as operator:
        await made_ready(operator)
        await operator.press(*"brother")
        shown, focus, frames = operator.lines, operator.focus, []
        monkeypatch.setattr(KioskApp, "post_display_hook", lambda _: frames.append(1))
        operator.app.live.resized()
        await made_ready(operator)
        await operator.settled()
        assert frames == []
        assert (operator.step, operator.focus, operator.lines) == ("PrinterScreen", focus, shown)


async def test_a_changed_size_is_taken_before_the_step_is_shown(folder) -> None:
    async with console_at_work(folder, size=LARGE) as operator:
        await made_ready(operator)
        await operator.press("f4", "2", "f1")
        await resized(operator, Size(*SMALL))
        await made_ready(operator)
        assert [screen.outer_size for screen in steps(operator)] == [Size(*SMALL)] * 7
        delivery = operator.app.live._steps[DeliveryScreen.STEP]
        before = regions(delivery)
        await operator.press("f4")
        assert regions(delivery) == before
        assert operator.sees("Commune", "Pour le livreur")


async def test_each_step_is_the_same_whether_it_was_made_ready_or_not(folder, monkeypatch) -> None:
    async def walked() -> list[list[str]]:
        seen = []
        for key in STEP_KEYS:
            await operator.press(key)
            seen.append(operator.lines)
        return seen

    async with console_at_work(folder) as operator:
        await made_ready(operator)
        ready = await walked()
    monkeypatch.setattr(ahead, "make_ready", lambda app, screen: app.build(screen))
    async with console_at_work(folder) as operator:
        assert await walked() == ready


class Slow(Input):
    """A key that is typed here is in hand until ``goes_on``."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.goes_on = asyncio.Event(), asyncio.Event()

    async def _on_key(self, event: events.Key) -> None:
        event.prevent_default()
        self.begun.set()
        await self.goes_on.wait()


class OneField(KeyTurns, App[None]):
    def compose(self) -> ComposeResult:
        yield Slow()


async def test_what_may_wait_waits_for_the_key_in_hand() -> None:
    app = OneField()
    async with app.run_test():
        await app.quiet(0)
        field = app.query_one(Slow)
        app.post_message(key_event("a"))
        await asyncio.wait_for(field.begun.wait(), 20)
        waiting = asyncio.create_task(app.quiet(0))
        for _ in range(20):
            await asyncio.sleep(0)
        is_waiting = not waiting.done()
        field.goes_on.set()
        await asyncio.wait_for(waiting, 20)
        assert is_waiting
