"""Operators sign in: at central, or for a while without it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from argon2 import PasswordHasher
from console_fixtures import NOW
from power_cut import dump

from models.errors import DomainError, Rejected, Unavailable
from services.adapters.passwords import Argon2Passwords
from services.ports import KnownOperator, SignedIn
from services.sign_in import SignIn

CHEAP = Argon2Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
ODILE = KnownOperator(UUID(int=1), "odile", "Odile MARTIN")
REMI = KnownOperator(UUID(int=2), "remi", "Rémi BLANC")
PASSWORD = "trois petits chats"
"""Invented, for an invented operator."""
UNTIL = NOW + timedelta(hours=72)
SIGNED_IN = replace(ODILE, verifiable_until=UNTIL)


class Central:
    """One that knows Odile; ``error`` is what the line does instead."""

    def __init__(self):
        self.error = None
        self.password = PASSWORD
        self.asked = []

    def __call__(self):
        return self

    def sign_in(self, login, password):
        self.asked.append(login)
        if self.error is not None:
            raise self.error
        if (login, password) != ("odile", self.password):
            raise Rejected("sign_in_refused")
        return SignedIn(ODILE, UNTIL)


@pytest.fixture
def central():
    return Central()


@pytest.fixture
def people(store, clock, central):
    return SignIn(store=store, clock=clock, passwords=CHEAP, central=central)


def put(store, *operators):
    with store.write() as tx:
        tx.operators.replace_all(operators)


def refused(people, login="odile", password=PASSWORD, kind=DomainError):
    with pytest.raises(kind) as error:
        people.sign_in(login, password)
    return error.value.code


@pytest.fixture
def known(store, people, central):
    """Odile signed in once; now the line is down and nobody is signed in."""
    put(store, ODILE, REMI)
    people.sign_in("odile", PASSWORD)
    people.sign_out()
    central.error = Unavailable("central_unreachable")
    return people


def test_a_shop_without_operators_works_without_signing_in(store, people):
    assert (people.is_needed(), people.operator, people.operator_id) == (False, None, None)
    put(store, replace(ODILE, is_disabled=True))
    assert not people.is_needed()
    put(store, ODILE)
    assert people.is_needed()


def test_central_says_who_it_is(path, store, people):
    put(store, ODILE, REMI)
    assert people.sign_in(" Odile ", PASSWORD) == SIGNED_IN
    assert (people.operator, people.operator_id) == (SIGNED_IN, ODILE.operator_id)
    assert not people.is_needed()
    with store.read() as tx:
        kept = tx.operators.by_login("odile")
    assert kept.verifiable_until == UNTIL
    assert kept.verifier.startswith("$argon2id$")
    assert PASSWORD not in str(dump(path))


def test_whoever_is_gone_or_disabled_has_to_sign_in_again(store, people):
    put(store, ODILE, REMI)
    people.sign_in("odile", PASSWORD)
    put(store, replace(ODILE, is_disabled=True), REMI)
    assert people.is_needed()
    put(store, REMI)
    assert people.is_needed()


def test_whoever_is_disabled_is_signed_out_once(store, people, central):
    put(store, ODILE, REMI)
    people.sign_in("odile", PASSWORD)
    assert people.shut_out() is None
    assert people.operator == SIGNED_IN
    put(store, replace(ODILE, is_disabled=True))  # nobody else is left to sign in
    assert people.shut_out() == SIGNED_IN
    assert (people.operator, people.operator_id, people.is_needed()) == (None, None, False)
    assert people.shut_out() is None
    central.error = Unavailable("central_unreachable")
    assert refused(people) == "sign_in_refused"


def test_who_was_disabled_while_central_said_yes_is_not_let_in(store, people, central):
    """The exchange brings the news between central's answer and its keeping."""
    put(store, ODILE, REMI)
    yes = central.sign_in

    def yes_and_then_no(login, password):
        signed = yes(login, password)
        put(store, replace(ODILE, is_disabled=True), REMI)
        return signed

    central.sign_in = yes_and_then_no
    assert refused(people) == "sign_in_refused"
    assert people.operator is None
    with store.read() as tx:
        kept = tx.operators.by_login("odile")
    assert (kept.is_disabled, kept.verifier) == (True, None)


def test_who_was_enabled_again_is_let_in_before_the_exchange_tells(store, people):
    put(store, replace(ODILE, is_disabled=True), REMI)
    people.sign_in("odile", PASSWORD)
    assert people.shut_out() is None
    assert people.operator == SIGNED_IN


def test_a_wrong_password_at_central(path, people, central):
    before = dump(path)
    assert refused(people, password="quatre petits chats") == "sign_in_refused"
    assert refused(people, login="nobody") == "sign_in_refused"
    assert people.operator is None
    assert central.asked == ["odile", "nobody"]
    assert dump(path) == before


@pytest.mark.parametrize(
    "login,password",
    [("", PASSWORD), ("odile", ""), ("o" * 101, PASSWORD), ("odile", "p" * 201), ("o\x00", "x")],
)
def test_what_central_would_not_even_read_is_not_sent(people, central, login, password):
    assert refused(people, login, password) == "sign_in_refused"
    assert central.asked == []


# --- without central ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code", ["central_unreachable", "central_timeout", "central_busy", "central_unclear"]
)
def test_who_signed_in_here_may_do_so_without_central(known, central, code):
    central.error = Unavailable(code)
    assert known.sign_in("ODILE", PASSWORD) == SIGNED_IN
    assert known.operator == SIGNED_IN
    assert not known.is_needed()


def test_not_with_another_password(known):
    assert refused(known, password="trois petits chat") == "sign_in_refused"
    assert known.is_needed()


def test_not_after_five_wrong_ones_in_a_row_for_five_minutes(known, clock):
    began = clock.at
    for _ in range(4):
        refused(known, password="quatre")
    known.sign_in("odile", PASSWORD)  # which begins anew
    for _ in range(5):
        assert refused(known, password="quatre") == "sign_in_refused"
    assert refused(known, kind=Unavailable) == "too_many_requests"
    clock.at = began + timedelta(seconds=299)
    assert refused(known, kind=Unavailable) == "too_many_requests"
    clock.at = began + timedelta(seconds=300)
    assert known.sign_in("odile", PASSWORD) == SIGNED_IN


def test_not_past_the_time_central_gave(known, clock):
    clock.at = UNTIL - timedelta(seconds=1)
    known.sign_in("odile", PASSWORD)
    clock.at = UNTIL
    assert refused(known, kind=Unavailable) == "sign_in_offline_unknown"


def test_not_who_never_signed_in_here(known):
    assert refused(known, login="remi", kind=Unavailable) == "sign_in_offline_unknown"
    assert refused(known, login="nobody", kind=Unavailable) == "sign_in_offline_unknown"


def test_never_who_is_disabled(store, known):
    put(store, replace(ODILE, is_disabled=True), REMI)
    assert refused(known) == "sign_in_refused"
    put(store, ODILE, REMI)
    assert refused(known, kind=Unavailable) == "sign_in_offline_unknown"


@pytest.mark.parametrize("code", ["unauthorised", "token_expired", "too_many_requests"])
def test_where_central_answers_nobody_gets_round_it(known, central, code):
    central.error = Unavailable(code)
    assert refused(known, kind=Unavailable) == code
    assert known.operator is None


def test_a_password_that_was_changed_at_central_does_not_count_here_either(known, central):
    central.error, central.password = None, "un nouveau"
    assert refused(known) == "sign_in_refused"
    central.error = Unavailable("central_unreachable")
    assert refused(known, kind=Unavailable) == "sign_in_offline_unknown"


def test_a_slip_at_central_takes_nothing_away(known, central):
    central.error = None
    assert refused(known, password="trois petits chat") == "sign_in_refused"
    central.error = Unavailable("central_unreachable")
    assert known.sign_in("odile", PASSWORD) == SIGNED_IN


def test_a_console_that_was_never_enrolled(store, clock):
    def nowhere():
        raise Unavailable("not_enrolled")

    people = SignIn(store=store, clock=clock, passwords=CHEAP, central=nowhere)
    assert refused(people, kind=Unavailable) == "sign_in_offline_unknown"


def test_a_verifier_that_is_none_verifies_nobody():
    assert not CHEAP.is_right("x", "not a hash")
    assert CHEAP.is_right("x", CHEAP.verifier("x"))
