"""Operators at central: who there is, and who may sign in."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from argon2 import PasswordHasher
from contract.conftest import Served, Shop
from contract.shop import NOW
from sqlalchemy import select

from central.passwords import AT_ONCE, WAITING_MAX, Hashing, Passwords
from central.store import operators as store
from models.errors import DomainError, Unavailable
from models.tables.central import operators

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
DEARER = PasswordHasher(time_cost=2, memory_cost=8, parallelism=1)
PASSWORD = "trois petits chats"
"""Invented, for an invented operator."""


@pytest.fixture(autouse=True)
def _cheap_passwords(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(served.app.state._state, "passwords", Passwords(CHEAP))


def add(shop: Shop, login: str = "odile", name: str = "Odile MARTIN") -> None:
    with shop.database.write() as connection:
        kept = CHEAP.hash(PASSWORD)
        store.add_operator(connection, login, name, password_hash=kept, at=NOW)


def sign_in(shop: Shop, password: str = PASSWORD, login: str = "odile") -> httpx.Response:
    with shop.client() as client:
        return client.post("/v1/sign-ins", json={"login": login, "password": password})


def outcome(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


def row(shop: Shop) -> tuple[int, object]:
    with shop.database.read() as connection:
        found = connection.execute(select(operators)).one()
    return found.failures, found.locked_until


def test_an_operator_signs_in_and_may_do_so_offline_for_a_while(shop: Shop) -> None:
    add(shop)
    answer = sign_in(shop, login=" Odile ")
    assert answer.status_code == 200
    told = answer.json()
    assert told["offline_until"] == "2026-11-26T10:42:00Z"
    assert (told["operator"]["login"], told["operator"]["name"]) == ("odile", "Odile MARTIN")
    assert PASSWORD not in answer.text
    assert "argon2" not in answer.text


@pytest.mark.parametrize(
    "login,password", [("odile", "trois petits chat"), ("odette", PASSWORD), ("odile", " ")]
)
def test_a_wrong_password_and_an_unknown_login_are_told_the_same(
    shop: Shop, login: str, password: str
) -> None:
    add(shop)
    answer = sign_in(shop, password, login)
    assert outcome(answer) == (403, "sign_in_refused")
    assert answer.json()["fields"] == []


def test_an_unknown_login_takes_a_verification_as_well(
    shop: Shop, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[str | None] = []

    class Counted(Passwords):
        def is_right(self, password: str, kept: str | None) -> bool:
            verified.append(kept)
            return super().is_right(password, kept)

    monkeypatch.setitem(served.app.state._state, "passwords", Counted(CHEAP))
    assert outcome(sign_in(shop, login="nobody")) == (403, "sign_in_refused")
    assert verified == [None]


def test_nobody_has_the_password_of_nobody() -> None:
    passwords = Passwords(CHEAP)
    assert not passwords.is_right("nobody has this password", None)
    assert not passwords.is_right("x", "not a hash")


def test_after_some_failures_the_right_password_has_to_wait_too(shop: Shop) -> None:
    add(shop)
    for _ in range(5):
        assert outcome(sign_in(shop, "wrong")) == (403, "sign_in_refused")
    shop.clock.at += timedelta(seconds=1)
    answer = sign_in(shop)
    assert outcome(answer) == (429, "too_many_requests")
    assert answer.headers["retry-after"] == "299"
    shop.clock.at = NOW + timedelta(seconds=300)
    assert sign_in(shop).status_code == 200
    assert row(shop) == (0, None)


def test_the_right_password_forgets_the_wrong_ones(shop: Shop) -> None:
    add(shop)
    for _ in range(4):
        sign_in(shop, "wrong")
    assert row(shop) == (4, None)
    assert sign_in(shop).status_code == 200
    assert row(shop) == (0, None)


def test_whoever_is_disabled_is_named_and_cannot_sign_in(shop: Shop) -> None:
    add(shop)
    add(shop, "rené", "René ROUX")
    with shop.database.write() as connection:
        store.disable_operator(connection, "Odile")
    assert outcome(sign_in(shop)) == (403, "sign_in_refused")
    with shop.client() as client:
        listed = client.get("/v1/operators").json()["operators"]
    assert [(one["login"], one["is_disabled"]) for one in listed] == [
        ("odile", True),
        ("rené", False),
    ]
    with shop.database.write() as connection:
        store.enable_operator(connection, "odile")
    assert sign_in(shop).status_code == 200


def test_a_new_password_lets_in_and_the_old_one_does_not(shop: Shop) -> None:
    add(shop)
    with shop.database.write() as connection:
        store.set_password(connection, "odile", password_hash=CHEAP.hash("quatre petits chats"))
    assert outcome(sign_in(shop)) == (403, "sign_in_refused")
    assert sign_in(shop, "quatre petits chats").status_code == 200


def test_a_password_that_was_changed_while_it_was_verified_does_not_let_in(
    shop: Shop, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(shop)

    class Slow(Passwords):
        def is_right(self, password: str, kept: str | None) -> bool:
            with shop.database.write() as connection:
                store.set_password(connection, "odile", password_hash=CHEAP.hash("another one"))
            return super().is_right(password, kept)

    monkeypatch.setitem(served.app.state._state, "passwords", Slow(CHEAP))
    assert outcome(sign_in(shop)) == (403, "sign_in_refused")


def test_an_older_hash_is_renewed_when_its_password_is_there(
    shop: Shop, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(shop)
    monkeypatch.setitem(served.app.state._state, "passwords", Passwords(DEARER))
    assert sign_in(shop).status_code == 200
    with shop.database.read() as connection:
        kept = connection.scalar(select(operators.c.password_hash))
    assert kept is not None
    assert "t=2" in kept
    assert sign_in(shop).status_code == 200


def test_a_login_is_given_once_and_a_password_is_not_too_short(shop: Shop) -> None:
    add(shop)
    with pytest.raises(DomainError) as taken:
        add(shop, "ODILE", "Odile DURAND")
    with pytest.raises(DomainError) as short:
        Passwords(CHEAP).hash("7 signs")
    with shop.database.write() as connection, pytest.raises(DomainError) as unknown:
        store.disable_operator(connection, "odette")
    assert (taken.value.code, short.value.code, unknown.value.code) == (
        "operator_login_taken",
        "password_too_short",
        "operator_unknown",
    )
    assert shop.count(operators) == 1


def test_today_a_password_costs_what_the_rfc_asks() -> None:
    passwords = Passwords()
    kept = passwords.hash(PASSWORD)
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert passwords.is_right(PASSWORD, kept)
    assert passwords.renewed(PASSWORD, kept) == kept


def test_a_crowd_that_signs_in_is_verified_two_at_a_time_and_not_endlessly() -> None:
    """``served`` answers everything else meanwhile: the threads are not those of requests."""
    free = threading.Event()
    inside: list[int] = []

    def work() -> None:
        inside.append(1)
        assert free.wait(10)

    async def crowd() -> None:
        hashing = Hashing()
        first = [asyncio.create_task(hashing.run(work)) for _ in range(AT_ONCE + WAITING_MAX)]
        # A limiter tells nobody who waits for it.
        while len(inside) < AT_ONCE or hashing.waiting < WAITING_MAX:  # noqa: ASYNC110
            await asyncio.sleep(0)
        with pytest.raises(Unavailable) as full:
            await hashing.run(work)
        assert (full.value.code, full.value.facts) == (
            "too_many_requests",
            {"retry_after_seconds": 2},
        )
        assert len(inside) == AT_ONCE
        free.set()
        await asyncio.gather(*first)

    asyncio.run(crowd())
    assert len(inside) == AT_ONCE + WAITING_MAX


def test_the_time_offline_is_the_shops_to_set(shop: Shop, served: Served) -> None:
    add(shop)
    served.app.state.settings = replace(served.app.state.settings, offline_sign_in_hours=1)
    assert sign_in(shop).json()["offline_until"] == "2026-11-23T11:42:00Z"
