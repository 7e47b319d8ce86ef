"""Reference numbers: leased once, for ever, to one console."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from contract.conftest import Shop
from contract.shop import NOW, make_order

from central.store.consoles import find_console, give_token, new_token, revoke_console
from central.store.references import LEASED_PER_DAY_MAX
from models.tables.central import counters, reference_blocks
from models.wire.orders import order_to_wire
from models.wire.references import BLOCK_MAX


def test_the_first_block_begins_at_ten_million(shop: Shop) -> None:
    with shop.client() as client:
        first = client.post("/v1/reference-blocks", json={"count": 100})
        second = client.post("/v1/reference-blocks", json={"count": 1})
    assert first.status_code == 201
    assert first.json() == {"first": 10_000_000, "last": 10_000_099}
    assert second.json() == {"first": 10_000_100, "last": 10_000_100}


def test_no_number_is_leased_twice_to_whoever_asks_at_once(shop: Shop) -> None:
    names = [f"poste {number}" for number in range(4)]
    for name in names:
        shop.token(name)

    def lease(name: str) -> list[tuple[int, int]]:
        with shop.client(name) as client:
            answers = [client.post("/v1/reference-blocks", json={"count": 7}) for _ in range(10)]
        return [(answer.json()["first"], answer.json()["last"]) for answer in answers]

    with ThreadPoolExecutor(4) as pool:
        blocks = sorted(block for found in pool.map(lease, names) for block in found)
    numbers = [number for first, last in blocks for number in range(first, last + 1)]
    assert numbers == list(range(10_000_000, 10_000_000 + 4 * 10 * 7))


def test_when_there_are_none_left_nothing_is_used_up(shop: Shop) -> None:
    with shop.database.write() as connection:
        connection.execute(
            counters.update().where(counters.c.name == "references").values(value=99_999_990)
        )
    with shop.client() as client:
        refused = client.post("/v1/reference-blocks", json={"count": 10})
        taken = client.post("/v1/reference-blocks", json={"count": 9})
    assert (refused.status_code, refused.json()["code"]) == (503, "references_exhausted")
    assert taken.json() == {"first": 99_999_991, "last": 99_999_999}
    assert shop.count(reference_blocks) == 1


def test_a_console_gone_wild_is_stopped_for_a_day(shop: Shop) -> None:
    with shop.client() as client, shop.client("autre") as other:
        for _ in range(LEASED_PER_DAY_MAX // BLOCK_MAX):
            assert client.post("/v1/reference-blocks", json={"count": BLOCK_MAX}).is_success
            shop.clock.at += timedelta(seconds=1)
        refused = client.post("/v1/reference-blocks", json={"count": 1})
        assert other.post("/v1/reference-blocks", json={"count": 1}).is_success
        wait = int(refused.headers["Retry-After"])
        shop.clock.at += timedelta(seconds=wait - 1)
        too_early = client.post("/v1/reference-blocks", json={"count": 1})
        shop.clock.at += timedelta(seconds=1)
        later = client.post("/v1/reference-blocks", json={"count": 1})
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert wait == 24 * 3600 - LEASED_PER_DAY_MAX // BLOCK_MAX
    assert (too_early.status_code, too_early.headers["Retry-After"]) == (429, "1")
    assert later.json() == {"first": 10_100_001, "last": 10_100_001}


@pytest.mark.parametrize("is_revoked", [False, True])
def test_who_has_the_token_of_who_it_was_keeps_what_it_was_leased(
    shop: Shop, *, is_revoked: bool
) -> None:
    """Where another of that name has another token by now, it is not who it was."""
    shop.fill()
    order = make_order(10_000_001)
    where = f"/v1/orders/{order.order_id}"
    asked = {"token": shop.token("former")}
    path = "/v1/reference-blocks/of-former-console"
    with shop.client("former") as former, shop.client("now") as now:
        former.post("/v1/reference-blocks", json={"count": 10})
        assert now.put(where, content=order_to_wire(order)).json()["code"] == "reference_not_leased"
        if is_revoked:
            with shop.database.write() as connection:
                revoke_console(connection, "former", at=NOW)
        assert now.post(path, json={"token": "somebody's"}).json() == {"blocks": 0}
        assert now.post(path, json={"token": shop.token("now")}).json() == {"blocks": 0}
        assert now.post(path, json=asked).json() == {"blocks": 1}
        assert now.post(path, json=asked).json() == {"blocks": 0}
        assert now.put(where, content=order_to_wire(order)).status_code == 200
        again = make_order(10_000_001)
        refused = now.put(f"/v1/orders/{again.order_id}", content=order_to_wire(again))
    assert refused.json()["code"] == "reference_taken"


def test_whose_token_was_renewed_since_is_another(shop: Shop) -> None:
    path = "/v1/reference-blocks/of-former-console"
    with shop.client("former") as former, shop.client("now") as now:
        former.post("/v1/reference-blocks", json={"count": 10})
        with shop.database.write() as connection:
            console = find_console(connection, shop.token("former"))
            assert console is not None
            renewed = new_token()
            give_token(connection, console.console_id, token=renewed, at=NOW, expires_at=None)
        assert now.post(path, json={"token": shop.token("former")}).json() == {"blocks": 0}
