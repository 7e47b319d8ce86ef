"""R3, on one line: who is known, what they print with, and how their last order stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import pytest
from console_at_work import fresh_folder
from placed_orders import PastCalls
from rich.cells import cell_len

from models.order import Order, OrderState, SyncState
from models.wording.labels import state_name
from screens.customer_view import file_line
from services.desk_state import CustomerFile
from services.ports import OrderRow

NB = "\u00a0"
AT_80, AT_120 = 78, 118
CATALOGUE = SimpleNamespace(printer=lambda printer: SimpleNamespace(label=f"Brother DCP-{printer}"))


@pytest.fixture(scope="module")
def order(template, tmp_path_factory) -> Order:
    past = PastCalls(fresh_folder(template, tmp_path_factory.mktemp("one") / "state"))
    placed = past.order()
    past.close()
    return replace(placed, ordered_on=date(2026, 11, 28), reference="100000022")


def file(order: Order, state: OrderState, *printers: str) -> CustomerFile:
    row = OrderRow(replace(order, state=state), SyncState.CONFIRMED)
    customer = SimpleNamespace(printers=printers)
    return CustomerFile(customer, (row,))  # type: ignore[arg-type]


def line(order: Order, state: OrderState, *printers: str, width: int = AT_80) -> str:
    return file_line(file(order, state, *printers), CATALOGUE, width)  # type: ignore[arg-type]


def test_a_cancelled_last_order_says_so_first(order) -> None:
    said = line(order, OrderState.CANCELLED)
    assert said == (
        f"client connu : dernière commande annulée, sam. 28 nov., 3 articles, 43,83{NB}€"
    )
    assert line(order, OrderState.CANCELLED, "350C") == (
        f"client connu : Brother DCP-350C ; commande annulée, sam. 28 nov., 43,83{NB}€"
    )


def test_where_there_is_room_nothing_is_left_out(order) -> None:
    assert line(order, OrderState.CANCELLED, "350C", width=AT_120) == (
        "client connu : Brother DCP-350C ; dernière commande annulée, sam. 28 nov., 3 articles, "
        f"43,83{NB}€, 100 000 022"
    )


@pytest.mark.parametrize("state", list(OrderState))
@pytest.mark.parametrize("printers", [(), ("350C",), ("350C", "J4120DW"), ("P" * 60,)])
def test_state_day_and_total_are_never_left_out_nor_cut(order, state, printers) -> None:
    for width in (AT_80, AT_120):
        said = line(order, state, *printers, width=width)
        assert cell_len(said) <= width
        assert state_name(state) in said
        assert f"43,83{NB}€" in said
        assert "sam. 28 nov." in said
        assert not said.endswith("…")


def test_who_never_ordered_here_is_known_too() -> None:
    known = CustomerFile(SimpleNamespace(printers=("350C",)), ())  # type: ignore[arg-type]
    assert file_line(known, CATALOGUE, AT_80) == "client connu : Brother DCP-350C"  # type: ignore[arg-type]
    new = CustomerFile(SimpleNamespace(printers=()), ())  # type: ignore[arg-type]
    assert file_line(new, None, AT_80) == "client connu : pas encore de commande ici"
