"""A code that is read out once, and the console it makes."""

from __future__ import annotations

import re
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest
from contract.conftest import Served, Shop
from contract.shop import NOW, make_order
from sqlalchemy import select

from central.auth import KnownTokens
from central.store.consoles import Console, list_consoles, revoke_console
from central.store.enrolments import CODE_LASTS, FIRST_REFERENCES, allow_enrolment
from central.store.settings import mark_demo
from central.throttle import Throttle
from kiosk.cli import main
from models.calendar import PARIS
from models.enrolment_code import ALPHABET, grouped_code, new_code
from models.errors import DomainError, Unavailable
from models.tables.central import consoles, enrolment_codes, reference_blocks
from models.wire.enrolment import EnrolmentOut
from models.wire.orders import order_to_wire

KEY = "k" * 43
OTHER_KEY = "o" * 43


def allow(shop: Shop, name: str = "comptoir") -> str:
    code = new_code(secrets.randbelow)
    with shop.database.write() as connection:
        allow_enrolment(connection, name, code=code, at=shop.clock.at)
    return code


def say(shop: Shop, code: str, key: str = KEY) -> httpx.Response:
    with httpx.Client(base_url=shop.url, trust_env=False) as client:
        return client.post("/v1/enrolments", json={"code": code, "key": key})


def enrolled(shop: Shop, code: str, key: str = KEY) -> EnrolmentOut:
    answer = say(shop, code, key)
    assert answer.status_code == 201
    return EnrolmentOut.read_answer(answer.content)


def may_ask(shop: Shop, token: str) -> int:
    with httpx.Client(base_url=shop.url, trust_env=False) as client:
        headers = {"Authorization": f"Bearer {token}"}
        return client.get("/v1/vouchers", headers=headers).status_code


@pytest.fixture(autouse=True)
def _look_at_every_token(shop: Shop, served: Served) -> None:
    del shop  # first, because it sets the settings
    state = served.app.state
    state.settings = replace(state.settings, token_cache_seconds=0)


def refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_code_makes_a_console_with_its_first_references(shop: Shop) -> None:
    told = enrolled(shop, grouped_code(allow(shop)).lower())
    assert (told.name, told.is_demo, told.token_expires_at) == ("comptoir", False, None)
    assert [(block.first, block.last) for block in told.blocks] == [
        (10_000_000, 10_000_000 + FIRST_REFERENCES - 1)
    ]
    with shop.database.read() as connection:
        (row,) = connection.execute(select(consoles))
    assert (row.console_id, row.name) == (told.console_id, "comptoir")
    assert may_ask(shop, told.token) == 200


def test_nobody_is_the_console_before_the_code_is_said(shop: Shop) -> None:
    code = allow(shop)
    for guess in ("", code, grouped_code(code)):
        assert may_ask(shop, guess or "x") == 401
    with shop.database.read() as connection:
        (kept,) = connection.execute(select(enrolment_codes))
    assert code not in str(kept)
    assert (kept.used_at, kept.key_sha256) == (None, None)


def test_a_lost_answer_can_be_had_again_with_the_same_key(shop: Shop) -> None:
    code = allow(shop)
    first = enrolled(shop, code)
    shop.clock.at += CODE_LASTS - timedelta(seconds=1)
    second = enrolled(shop, code)
    assert (second.console_id, second.blocks) == (first.console_id, first.blocks)
    assert second.token != first.token
    assert (may_ask(shop, first.token), may_ask(shop, second.token)) == (401, 200)
    assert shop.count(consoles) == 1
    assert shop.count(reference_blocks) == 1


@pytest.mark.parametrize("why", ["unknown", "mistyped", "used", "expired", "replaced", "revoked"])
def test_a_code_that_is_no_good_is_refused_and_nothing_says_why(shop: Shop, why: str) -> None:
    code = allow(shop)
    match why:
        case "unknown":
            code = new_code(secrets.randbelow)
        case "mistyped":
            code = ALPHABET[ALPHABET.index(code[0]) - 1] + code[1:]
        case "used":
            enrolled(shop, code, OTHER_KEY)
        case "expired":
            shop.clock.at += CODE_LASTS
        case "replaced":
            allow(shop)
        case _:
            with shop.database.write() as connection:
                revoke_console(connection, "comptoir", at=shop.clock.at)
    blocks = shop.count(reference_blocks)
    answer = say(shop, code)
    assert refused(answer) == (403, "enrolment_refused")
    assert answer.json()["fields"] == []
    assert shop.count(reference_blocks) == blocks


def test_of_two_that_say_the_code_at_once_one_becomes_the_console(shop: Shop) -> None:
    code = allow(shop)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda key: say(shop, code, key * 40), "abcdefgh"))
    assert sorted(answer.status_code for answer in answers) == [201] + [403] * 7
    (winner,) = (answer for answer in answers if answer.status_code == 201)
    assert may_ask(shop, winner.json()["token"]) == 200
    assert shop.count(reference_blocks) == 1


def test_a_console_that_is_enrolled_again_keeps_its_orders_and_references(shop: Shop) -> None:
    shop.fill()
    before = enrolled(shop, allow(shop))
    order = make_order(before.blocks[0].first)
    put = {"url": f"/v1/orders/{order.order_id}", "content": order_to_wire(order)}
    json = {"Content-Type": "application/json"}
    with httpx.Client(base_url=shop.url, trust_env=False) as client:
        code = allow(shop)
        old = {"Authorization": f"Bearer {before.token}", **json}
        assert client.put(**put, headers=old).status_code == 200  # good until the code is used
        after = enrolled(shop, code, OTHER_KEY)
        new = {"Authorization": f"Bearer {after.token}", **json}
        assert client.put(**put, headers=old).status_code == 401
        assert client.put(**put, headers=new).status_code == 200
    assert after.console_id == before.console_id
    assert after.blocks[0].first == before.blocks[0].last + 1
    assert shop.order_ids() == [order.order_id]


def test_a_revoked_console_is_shut_out_and_a_new_code_brings_it_back(shop: Shop) -> None:
    told = enrolled(shop, allow(shop))
    with shop.database.write() as connection:
        revoke_console(connection, "comptoir", at=NOW)
        revoke_console(connection, "comptoir", at=NOW + timedelta(days=1))
        (row,) = list_consoles(connection)
        with pytest.raises(DomainError) as unknown:
            revoke_console(connection, "comptoire", at=NOW)
    assert (row.name, row.revoked_at) == ("comptoir", NOW)
    assert unknown.value.code == "console_unknown"
    assert may_ask(shop, told.token) == 401
    again = enrolled(shop, allow(shop), OTHER_KEY)
    assert again.console_id == told.console_id
    assert (may_ask(shop, told.token), may_ask(shop, again.token)) == (401, 200)


def _listed(shop: Shop, capsys: pytest.CaptureFixture[str]) -> str:
    """What the administrator reads of the one console there is."""
    assert main(["central", "console", "list", "--database", str(shop.where)]) == 0
    _, _, said = capsys.readouterr().out.strip().partition("comptoir")
    return said.strip()


def test_the_list_says_how_far_a_console_has_come(
    shop: Shop, served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    def on(at: datetime) -> str:
        return f"{at.astimezone(PARIS):%d/%m/%Y à %H:%M}"

    began = shop.clock.at = datetime.now(UTC)
    code = allow(shop)
    until = on(began + CODE_LASTS)
    assert (
        _listed(shop, capsys) == f"pas encore rattachée ; code donné, à utiliser avant le {until}"
    )
    enrolled(shop, code)
    assert _listed(shop, capsys) == f"rattachée le {on(began)}"
    served.app.state.settings = replace(served.app.state.settings, token_days=30)
    again = f"rattachée le {on(began)} ; code donné, à utiliser avant le {until}"
    code = allow(shop)
    assert _listed(shop, capsys) == again
    enrolled(shop, code)
    end = on(began + timedelta(days=30))
    assert _listed(shop, capsys) == f"rattachée le {on(began)}, jusqu'au {end}"
    with shop.database.write() as connection:
        revoke_console(connection, "comptoir", at=began)
    assert _listed(shop, capsys) == f"révoquée le {on(began)}"


def test_the_list_says_what_has_expired(
    shop: Shop, served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.clock.at = datetime.now(UTC) - timedelta(days=40)
    allow(shop)
    assert re.fullmatch(
        r"pas encore rattachée ; code expiré le .+ sans avoir servi", _listed(shop, capsys)
    )
    served.app.state.settings = replace(served.app.state.settings, token_days=30)
    enrolled(shop, allow(shop))
    assert _listed(shop, capsys).startswith("jeton expiré le ")


def test_a_token_may_have_an_end(shop: Shop, served: Served) -> None:
    served.app.state.settings = replace(served.app.state.settings, token_days=30)
    told = enrolled(shop, allow(shop))
    assert told.token_expires_at == NOW + timedelta(days=30)
    shop.clock.at = told.token_expires_at - timedelta(seconds=1)
    assert may_ask(shop, told.token) == 200
    shop.clock.at = told.token_expires_at
    with httpx.Client(base_url=shop.url, trust_env=False) as client:
        answer = client.get("/v1/orders", headers={"Authorization": f"Bearer {told.token}"})
    assert refused(answer) == (401, "token_expired")
    renewed = enrolled(shop, allow(shop))
    assert may_ask(shop, renewed.token) == 200


def test_a_demo_says_so(shop: Shop) -> None:
    with shop.database.write() as connection:
        mark_demo(connection)
    assert enrolled(shop, allow(shop)).is_demo


def test_guesses_are_slowed_down_and_good_codes_too_until_the_wait_is_over(
    shop: Shop, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    throttle = Throttle(3, 60.0, clock=lambda: now[0])
    monkeypatch.setitem(served.app.state._state, "guesses", throttle)
    code = allow(shop)
    for _ in range(3):
        assert refused(say(shop, new_code(secrets.randbelow))) == (403, "enrolment_refused")
        now[0] += 1
    answer = say(shop, code)
    assert refused(answer) == (429, "too_many_requests")
    assert answer.headers["retry-after"] == "57"
    assert shop.count(reference_blocks) == 0
    now[0] += 57
    enrolled(shop, code)


def test_one_who_guesses_does_not_keep_others_out() -> None:
    throttle = Throttle(1, 60.0, clock=lambda: 0.0)
    throttle.note_failure("192.0.2.1")
    with pytest.raises(Unavailable):
        throttle.ensure_open("192.0.2.1")
    throttle.ensure_open("192.0.2.2")


def test_a_token_that_was_good_is_believed_a_moment_and_no_longer() -> None:
    now = [0.0]
    known = KnownTokens(lambda: now[0])
    console = Console(UUID(int=1), "comptoir")
    known.keep("t", console)
    now[0] = 0.9
    assert known.get("t", 1.0) == console
    assert known.get("t", 0.0) is None
    assert known.get("u", 1.0) is None
    now[0] = 1.0
    assert known.get("t", 1.0) is None
