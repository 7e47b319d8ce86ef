"""An operator signs in at a console: the real client, the real server, then without it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from contract.conftest import Console, Served, Shop
from contract.shop import NOW

from central.passwords import Passwords
from central.store import operators as store
from central.store.events import append
from central.store.happenings import Happening
from models.errors import DomainError, Unavailable
from models.wire.events import EventKind
from services.adapters.central_http import CentralHttp
from services.adapters.passwords import Argon2Passwords
from services.ports import Central
from services.sign_in import SignIn
from services.sync.engine import SyncEngine

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "trois petits chats"
"""Invented, for an invented operator."""


class Line:
    """To the shop, until it is cut."""

    def __init__(self, shop: Shop) -> None:
        self.url = shop.url
        self.central = CentralHttp(lambda: self.url, shop.token())

    def __call__(self) -> Central:
        return self.central

    def cut(self) -> None:
        self.central.close()
        self.url = "http://127.0.0.1:9"


@pytest.fixture
def line(shop: Shop, served: Served, monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    monkeypatch.setitem(served.app.state._state, "passwords", Passwords(CHEAP))
    with shop.database.write() as connection:
        kept = CHEAP.hash(PASSWORD)
        store.add_operator(connection, "odile", "Odile MARTIN", password_hash=kept, at=NOW)
    line = Line(shop)
    yield line
    line.central.close()


@pytest.fixture
def people(console: Console, line: Line) -> SignIn:
    return SignIn(
        store=console.store, clock=console.clock, passwords=Argon2Passwords(CHEAP), central=line
    )


def test_at_central_then_for_three_days_without_it(
    people: SignIn, line: Line, console: Console
) -> None:
    with console.store.write() as tx:
        tx.operators.replace_all(line.central.operators())
    assert people.is_needed()
    operator = people.sign_in("Odile", PASSWORD)
    assert (operator.login, operator.name) == ("odile", "Odile MARTIN")
    assert not people.is_needed()
    line.cut()
    console.clock.at = NOW + timedelta(hours=72) - timedelta(seconds=1)
    assert people.sign_in("odile", PASSWORD) == operator
    console.clock.at = NOW + timedelta(hours=72)
    with pytest.raises(Unavailable) as refused:
        people.sign_in("odile", PASSWORD)
    assert refused.value.code == "sign_in_offline_unknown"


@pytest.mark.parametrize("login,password", [("odile", "quatre"), ("nobody", PASSWORD)])
def test_refused_by_central(people: SignIn, console: Console, login: str, password: str) -> None:
    with pytest.raises(DomainError) as refused:
        people.sign_in(login, password)
    assert refused.value.code == "sign_in_refused"
    with console.store.read() as tx:
        assert tx.operators.all() == ()


def test_a_guesser_who_pulls_the_plug_has_no_more_guesses(people: SignIn) -> None:
    people.sign_in("odile", PASSWORD)
    for _ in range(5):
        with pytest.raises(DomainError):
            people.sign_in("odile", "wrong")
    with pytest.raises(Unavailable) as refused:
        people.sign_in("odile", PASSWORD)
    assert refused.value.code == "too_many_requests"


def test_who_is_disabled_is_out_with_the_next_exchange_and_the_screen_is_told(
    people: SignIn, line: Line, console: Console, shop: Shop
) -> None:
    shop.fill()
    engine = SyncEngine(console.store, console.catalogue, line, console.clock)
    before = engine.run_once().changes
    people.sign_in("odile", PASSWORD)
    assert engine.run_once().changes == before
    assert people.shut_out() is None
    with shop.database.write() as connection:
        store.disable_operator(connection, "odile")
        append(connection, [Happening(EventKind.OPERATORS)], at=NOW)
    report = engine.run_once()
    assert report.error_code is None
    assert report.changes > before
    gone = people.shut_out()
    assert gone is not None
    assert (gone.login, people.operator) == ("odile", None)
    line.cut()
    with pytest.raises(DomainError) as refused:
        people.sign_in("odile", PASSWORD)
    assert refused.value.code == "sign_in_refused"
