"""Times that ``kiosk central`` prints are those of Paris, whatever the server's clock is set to."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from contract.asking import TWO, leased, placed, put
from contract.conftest import Shop

from central.store.enrolments import allow_enrolment
from central.store.receipts import note_received
from kiosk.cli import main
from models.enrolment_code import new_code

EVENING = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
"""The second of July, half past midnight, in Paris."""


@pytest.fixture(autouse=True)
def _server_in_utc() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


def said(shop: Shop, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["central", *words, "--database", str(shop.where)]) == 0
    return capsys.readouterr().out


def test_of_consoles(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    with shop.database.write() as connection:
        allow_enrolment(connection, "comptoir", code=new_code(lambda _: 0), at=EVENING)
    listed = said(shop, capsys, "console", "list")
    assert listed.startswith("02/07/2026  comptoir")
    assert "le 03/07/2026 à 00:30" in listed


def test_of_orders_and_their_money(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    shop.fill()
    with leased(shop) as client:
        shop.clock.at = EVENING
        order = placed(lines=TWO)
        put(client, order)
    shop.database.run(
        lambda connection: note_received(
            connection, order.reference, None, bank_reference="", at=EVENING
        )
    )
    assert "  02/07/2026 00:30  " in said(shop, capsys, "orders")
    shown = said(shop, capsys, "order", "show", order.reference)
    assert "demandé le 02/07/2026 à 00:30 : " in shown
    assert "noté le 02/07/2026 à 00:30 : " in shown
