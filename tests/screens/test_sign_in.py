"""Who works here: asked once, in nobody's way, verified beside the keys."""

from __future__ import annotations

import threading
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from console_at_work import LARGE, ONLINE, SMALL, Operator, console_at_work, save
from console_fixtures import NOW, StillClock, complete_draft

from models.errors import DomainError, KioskError, Unavailable
from services.ports import Central, KnownOperator
from services.sync.downloads import Fetcher
from services.sync.engine import SyncEngine

CLAIRE = KnownOperator(UUID(int=31), "claire", "Claire M.")
REMI = KnownOperator(UUID(int=32), "remi", "Rémi B.")


def with_operators(store) -> None:
    with store.write() as tx:
        tx.operators.replace_all([CLAIRE])


@dataclass
class Door:
    """Stands in the place of ``SignIn``'s way to central: answers what the test says, when."""

    error: KioskError | None = None
    opened: threading.Event = field(default_factory=threading.Event)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def verified(self, login: str, password: str) -> KnownOperator:
        self.asked.append((login, password))
        assert self.opened.wait(20)
        if self.error is not None:
            raise self.error
        return replace(CLAIRE, verifiable_until=NOW + timedelta(hours=12))


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Door:
    door = Door()
    monkeypatch.setattr(
        "services.sign_in.SignIn._verified", lambda _self, login, word: door.verified(login, word)
    )
    return door


async def verified(operator: Operator, door: Door) -> None:
    """Central answers now, and what it says is drawn."""
    verifying = operator.app.live.people._verifying
    assert verifying is not None
    door.opened.set()
    await verifying
    door.opened.clear()
    await operator.settled()


async def test_a_shop_without_operators_asks_nobody(folder) -> None:
    async with console_at_work(folder) as operator:
        assert operator.step == "PrinterScreen"
        assert "opérateur" not in operator.text
        await operator.press("ctrl+p")
        assert operator.step == "PrinterScreen"
        assert operator.notice == "La centrale n'a pas d'opérateurs : il n'y a rien à faire."


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
async def test_signing_in_names_who_works_here(folder, door, size) -> None:
    async with console_at_work(folder, size=size, prepare_store=with_operators) as operator:
        assert (operator.step, operator.focus) == ("SignInDialog", "login")
        await operator.press(*"claire", "enter", *"s3cret word")
        assert operator.focus == "password"
        assert "s3cret" not in operator.text
        assert "•" * 11 in operator.text
        await operator.press("enter")
        await verified(operator, door)
        assert door.asked == [("claire", "s3cret word")]
        assert operator.step == "PrinterScreen"
        assert operator.lines[-3].endswith("Claire M.")
        assert operator.notice == "Bonjour Claire M."
        await operator.press("ctrl+p")
        assert operator.sees("Au poste maintenant : Claire M.")
        await operator.press("ctrl+x")
        assert operator.step == "PrinterScreen"
        assert operator.lines[-3].endswith("sans opérateur (Ctrl+P)")


async def test_it_is_left_for_later_and_orders_are_taken_all_the_same(folder, door) -> None:
    async with console_at_work(folder, prepare_store=with_operators) as operator:
        await operator.press("escape", *"lc970", "enter")
        assert operator.step == "PrinterScreen"
        assert operator.draft.cart.article_count == 1
        assert operator.lines[-3].endswith("sans opérateur (Ctrl+P)")
        await operator.press("f8")
        assert operator.step == "ParkDialog"
    assert door.asked == []


async def test_a_steps_key_leaves_it(folder, door) -> None:
    async with console_at_work(folder, prepare_store=with_operators) as operator:
        await operator.press(*"cla", "f3", *"roux")
        assert operator.step == "CustomerScreen"
        assert operator.draft.customer.search == "roux"
    assert door.asked == []


@pytest.mark.usefixtures("door")
async def test_a_call_that_was_cut_off_comes_first(folder) -> None:
    save(folder, complete_draft(UUID(int=77)))
    async with console_at_work(folder, prepare_store=with_operators) as operator:
        assert operator.step == "PrinterScreen"
        await operator.press("enter")
        assert operator.draft.draft_id == UUID(int=77)


@pytest.mark.parametrize(
    "error, says",
    [
        (DomainError("sign_in_refused"), "incorrect"),
        (Unavailable("sign_in_offline_unknown"), "centrale"),
        (Unavailable("too_many_requests"), ""),
    ],
)
async def test_a_refusal_is_said_and_asked_again(folder, door, error, says) -> None:
    door.error = error
    async with console_at_work(folder, prepare_store=with_operators) as operator:
        await operator.press(*"claire", "enter", *"wrong", "enter")
        await verified(operator, door)
        assert (operator.step, operator.focus) == ("SignInDialog", "password")
        assert says in operator.notice
        assert operator.notice
        assert "•" not in operator.text
        door.error = None
        await operator.press(*"right", "enter")
        await verified(operator, door)
        assert door.asked == [("claire", "wrong"), ("claire", "right")]
        assert operator.step == "PrinterScreen"


async def test_no_key_waits_for_a_slow_central(folder, door) -> None:
    async with console_at_work(folder, prepare_store=with_operators) as operator:
        await operator.press(*"claire", "enter", *"word", "enter", "enter")
        assert operator.notice == "Vérification en cours..."
        assert "continuer sans attendre" in operator.lines[-1]
        await operator.press("escape", *"lc970", "enter")
        assert operator.draft.cart.article_count == 1
        await verified(operator, door)
        assert operator.step == "PrinterScreen"
        assert operator.lines[-3].endswith("Claire M.")
    assert door.asked == [("claire", "word")]


async def test_the_password_is_in_no_file(folder, door) -> None:
    async with console_at_work(folder, prepare_store=with_operators) as operator:
        await operator.press(*"claire", "enter", *"Tr0ub4dor", "enter")
        await verified(operator, door)
        await operator.press(*"lc970", "enter")
    for file in folder.rglob("*"):
        if file.is_file():
            assert b"Tr0ub4dor" not in file.read_bytes(), file


class Sync:
    """What an exchange does with operators, and what it tells of that: the real parts of it. It
    has seen the file as it is at first.
    """

    def __init__(self, operator: Operator) -> None:
        self._operator = operator
        sink: Any = operator.app.live.catalogue
        self._engine = SyncEngine(operator.store, sink, self._nowhere, StillClock(NOW))
        self._fetcher = Fetcher(operator.store, sink)
        self._changes = self._engine.watch().changes

    async def brings(self, *people: KnownOperator) -> None:
        central: Any = SimpleNamespace(operators=lambda: list(people))
        self._fetcher.fetch_operators(central)
        await self.tells()

    async def tells(self) -> None:
        report = self._engine.look()
        if report is not None:
            self._changes = report.changes
        await self._operator.hears(replace(ONLINE, changes=self._changes))

    def _nowhere(self) -> Central:
        raise AssertionError


@pytest.mark.usefixtures("door")
async def test_operators_that_come_later_move_nothing(folder) -> None:
    async with console_at_work(folder) as operator:
        sync = Sync(operator)
        await sync.tells()
        await operator.press(*"brother")
        await sync.brings(CLAIRE)
        assert (operator.step, operator.focus) == ("PrinterScreen", "search")
        assert operator.lines[-3].endswith("sans opérateur (Ctrl+P)")


GONE = replace(CLAIRE, is_disabled=True)


@asynccontextmanager
async def claire_at_work(folder, door):
    """Signed in, and no call in hand."""
    async with console_at_work(folder, prepare_store=with_operators) as operator:
        await operator.press(*"claire", "enter", *"word", "enter")
        await verified(operator, door)
        assert operator.lines[-3].endswith("Claire M.")
        sync = Sync(operator)
        await sync.tells()
        yield operator, sync


async def test_who_is_disabled_is_signed_out_and_asked_when_no_call_is_in_hand(
    folder, door
) -> None:
    async with claire_at_work(folder, door) as (operator, sync):
        await sync.brings(GONE, REMI)
        assert (operator.step, operator.focus) == ("SignInDialog", "login")
        assert operator.notice == "Claire M. n'a plus d'accès : Ctrl+P dit qui travaille."
        await operator.press("escape")
        assert operator.lines[-3].endswith("sans opérateur (Ctrl+P)")
        await sync.tells()
        assert operator.step == "PrinterScreen"


async def test_a_call_in_hand_is_not_interrupted_by_it(folder, door) -> None:
    async with claire_at_work(folder, door) as (operator, sync):
        await operator.press(*"lc970", "enter", "f3", *"rou")
        await sync.brings(GONE, REMI)
        await operator.press("x")
        assert (operator.step, operator.focus) == ("CustomerScreen", "find")
        assert operator.draft.customer.search == "roux"
        assert operator.draft.cart.article_count == 1
        operator.assert_on_disk()
        assert operator.lines[-3].endswith("sans opérateur (Ctrl+P)")


async def test_after_the_order_the_next_call_begins_with_the_question(folder, door) -> None:
    save(folder, complete_draft(UUID(int=77)))
    async with console_at_work(folder, prepare_store=with_operators) as operator:
        sync = Sync(operator)
        await sync.tells()
        await operator.press("enter", "ctrl+p", *"claire", "enter", *"word", "enter")
        await verified(operator, door)
        await sync.brings(GONE, REMI)
        await operator.press("f6", *["down"] * 60, "enter")
        assert operator.step == "ConfirmationScreen"
        (order,) = operator.orders
        assert order.operator_id is None
        await sync.tells()
        assert operator.step == "ConfirmationScreen"
        await operator.press("ctrl+n")
        assert (operator.step, operator.focus) == ("SignInDialog", "login")
        await operator.press("f1")
        assert operator.step == "PrinterScreen"


async def test_where_nobody_is_left_nobody_is_asked(folder, door) -> None:
    async with claire_at_work(folder, door) as (operator, sync):
        await sync.brings(GONE)
        assert operator.step == "PrinterScreen"
        assert "Claire" not in operator.lines[-3]
