"""Rubbish is looked for in pauses, and what was closed is let go of."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest
from console_at_work import Operator, console_at_work, key_event

from kiosk import tidy


class Ring:
    """Refers to itself: only the collector finds out that nobody else does."""

    def __init__(self) -> None:
        self.me = self


def rubbish_that_is_old() -> weakref.ref[Ring]:
    ring = Ring()
    gc.collect(1)  # what survives this is old
    return weakref.ref(ring)


@pytest.fixture
def put_off(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(tidy, "QUIET_SECONDS", 0.05)
    thresholds = gc.get_threshold()
    tidy.put_off()
    yield
    gc.enable()
    gc.set_threshold(*thresholds)
    gc.unfreeze()


async def is_gone(ring: weakref.ref[Ring], *, within: float) -> bool:
    for _ in range(round(within / 0.01)):
        if ring() is None:
            return True
        await asyncio.sleep(0.01)
    return False


async def begun(operator: Operator) -> None:
    """All steps stand, and from now on it is tidied up: there is much that is new."""
    await asyncio.wait_for(operator.app.live._making_ready, 20)
    await asyncio.sleep(0)
    assert gc.isenabled()
    gc.collect(1)


@pytest.mark.usefixtures("put_off")
async def test_a_pause_is_for_tidying_up(folder) -> None:
    async with console_at_work(folder) as operator:
        await begun(operator)
        ring = rubbish_that_is_old()
        assert ring() is not None
        assert await is_gone(ring, within=5)


@pytest.mark.usefixtures("put_off")
async def test_nobody_who_types_waits_for_it(folder, monkeypatch) -> None:
    monkeypatch.setattr(tidy, "QUIET_SECONDS", 0.5)
    async with console_at_work(folder) as operator:
        await begun(operator)
        collected: list[int] = []

        def note(_: str, told: dict[str, int]) -> None:
            collected.append(told["generation"])

        gc.callbacks.append(note)
        try:
            for letter in "brother dcp 350c":
                operator._send(key_event(letter))
                await asyncio.sleep(0.02)  # less than a pause
        finally:
            gc.callbacks.remove(note)
        assert 2 not in collected


async def test_a_dialog_that_was_closed_is_let_go_of(folder) -> None:
    async with console_at_work(folder) as operator:
        await operator.press("f12")
        lines = [weakref.ref(widget._styles_cache) for widget in operator.app.screen.query("*")]
        await operator.press("escape", "a")
        tidy.tidy_up()
        assert [each() for each in lines if each() is not None] == []
