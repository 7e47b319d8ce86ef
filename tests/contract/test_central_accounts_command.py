"""``kiosk central orders`` and ``order paid | refunded | show``: what an administrator types, and
what they are told.
"""

from __future__ import annotations

import json

import httpx
import pytest
from contract.asking import (
    NUMBER,
    ONE,
    THREE,
    TWO,
    cancel,
    changed,
    placed,
    put,
    revise,
    state_of,
)
from contract.conftest import Shop
from contract.databases import on_sqlite

from kiosk.cli import main
from models.money import NO_BREAK
from models.order import Order


class Administrator:
    """At the server of ``shop``; what is said has plain spaces."""

    def __init__(self, shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
        self.where = str(shop.where)
        self.capsys = capsys

    def types(self, *words: str) -> str:
        code, out, error = self._run(words)
        assert (code, error) == (0, "")
        return out

    def is_refused(self, *words: str) -> str:
        code, out, error = self._run(words)
        assert (code, out) == (1, "")
        return error.removeprefix("kiosk: ").strip()

    def _run(self, words: tuple[str, ...]) -> tuple[int, str, str]:
        code = main(["central", *words, "--database", self.where])
        said = self.capsys.readouterr()
        return code, said.out.replace(NO_BREAK, " "), said.err.replace(NO_BREAK, " ")


@pytest.fixture
def admin(shop: Shop, capsys: pytest.CaptureFixture[str]) -> Administrator:
    return Administrator(shop, capsys)


@pytest.fixture
def order(client: httpx.Client) -> Order:
    """100 000 006, 30,70 € awaited by cheque."""
    order = placed(lines=TWO)
    put(client, order)
    return order


def test_what_was_asked_for_is_confirmed_in_one_word(
    admin: Administrator, client: httpx.Client, order: Order
) -> None:
    said = admin.types("order", "paid", "100000006")
    assert said == "100000006 : en cours de préparation\n  noté : 30,70 € reçus\n"
    assert state_of(client, order)[0] == "in_preparation"
    again = admin.types("order", "paid", "100000006")
    assert "aucun argent n'est noté" in again
    assert admin.types("order", "show", "100000006").count("reçus") == 1


def test_paid_back_and_dearer_again_is_asked_for_again(
    admin: Administrator, client: httpx.Client
) -> None:
    order = placed(lines=THREE)
    put(client, order)
    admin.types("order", "paid", "100 000 006")
    less = changed(order, ONE)
    revise(client, less)
    assert admin.types("orders").splitlines()[1:] == [
        "À rembourser : 25,80 € (kiosk central orders --to-refund)"
    ]
    said = admin.types("order", "refunded", "100000006", "--amount", "25,80")
    assert said.splitlines() == [
        "100000006 : en cours de préparation",
        "  noté : 25,80 € remboursés",
    ]
    revise(client, changed(less, THREE))
    assert "25,80 € attendus" in admin.types("orders")
    assert admin.is_refused("order", "paid", "100000006") == (
        "Ce qui est demandé a changé, 25,80 € à présent : dites ce qui est arrivé, avec --amount."
    )
    assert "reçus" in admin.types("order", "paid", "100000006", "--amount", "25.8")
    show = admin.types("order", "show", "RF80 1000 0000 6").splitlines()
    assert show[:2] == [
        "100 000 006 : en cours de préparation",
        "  à payer 43,60 €, payés 43,60 €",
    ]
    assert [line.split(" : ")[1] for line in show[2:]] == [
        "43,60 €, chèque, payé",
        "25,80 €, chèque, payé",
        "43,60 € reçus",
        "25,80 € remboursés",
        "25,80 € reçus",
    ]


def test_more_and_less_than_was_asked_for_is_said(admin: Administrator, order: Order) -> None:
    part = admin.types(
        "order", "paid", order.reference, "--amount", "10", "--bank-reference", "VIR 1"
    )
    assert part.splitlines() == [
        "100000006 : en attente de paiement, 20,70 € attendus",
        "  noté : 10,00 € reçus, VIR 1",
    ]
    much = admin.types("order", "paid", order.reference, "--amount", "30,70")
    assert much.splitlines()[0] == "100000006 : en cours de préparation, 10,00 € à rembourser"


def test_the_same_again_is_said_to_be_known(admin: Administrator, order: Order) -> None:
    words = ("order", "paid", order.reference, "--amount", "30,70")
    admin.types(*words)
    first, second, third = admin.types(*words).splitlines()
    assert first == "100000006 : en cours de préparation"
    assert second.startswith("  déjà noté le ")
    assert second.endswith(" : 30,70 € reçus ; rien n'est changé")
    assert "--bank-reference" in third
    other = admin.types(*words, "--bank-reference", "CHQ 2")
    assert "30,70 € à rembourser" in other
    assert admin.is_refused(
        "order", "paid", order.reference, "--amount", "1", "--bank-reference", "CHQ 2"
    ) == ("Cette référence bancaire est déjà notée, pour 30,70 € : vérifiez le relevé.")


def test_money_for_a_cancelled_order_is_seen_until_it_went_back(
    admin: Administrator, client: httpx.Client, order: Order
) -> None:
    put(client, placed(NUMBER + 1, ONE))
    cancel(client, order.order_id)
    assert admin.is_refused("order", "paid", "100000006") == (
        "Aucun paiement n'est attendu pour cette commande : si de l'argent est arrivé, dites"
        " combien avec --amount."
    )
    said = admin.types("order", "paid", "100000006", "--amount", "30,70 €")
    assert said.splitlines()[0] == "100000006 : annulée, 30,70 € à rembourser"
    assert admin.types("orders", "--to-refund") == "100 000 006 : annulée, 30,70 € à rembourser\n"
    table = admin.types("orders").splitlines()
    assert [line.endswith("comptoir") for line in table] == [True, False, False]
    assert table[1].endswith("comptoir  30,70 € à rembourser")
    assert json.loads(admin.types("orders", "--to-refund", "--json")) == [
        {
            "reference": "100000006",
            "state": "cancelled",
            "paid_cents": 3070,
            "refund_due_cents": 3070,
        }
    ]
    rows = json.loads(admin.types("orders", "--json"))
    assert [(row["paid_cents"], row["refund_due_cents"]) for row in rows] == [(0, 0), (3070, 3070)]
    assert admin.is_refused("order", "refunded", "100000006", "--amount", "30,71") == (
        "On ne peut pas rendre plus que ce qui est arrivé, il en reste 30,70 € :"
        " vérifiez le montant."
    )
    admin.types("order", "refunded", "100000006", "--amount", "30,70")
    assert admin.types("orders", "--to-refund") == "Rien n'est à rembourser.\n"
    assert "rembourser" not in admin.types("orders")


@on_sqlite
@pytest.mark.parametrize(
    "words",
    [
        ("paid", "100000006", "--amount", "-5"),
        ("paid", "100000006", "--amount", "1.234"),
        ("refunded", "100000006"),
    ],
)
def test_an_amount_that_is_none_is_refused(
    admin: Administrator, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    with pytest.raises(SystemExit) as ended:
        admin.types("order", *words)
    assert ended.value.code == 2
    assert "--amount" in capsys.readouterr().err


@on_sqlite
def test_looking_makes_no_database(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    nowhere = shop.folder / "nothing.sqlite3"
    assert main(["central", "orders", "--to-refund", "--database", str(nowhere)]) == 0
    assert (capsys.readouterr().out, nowhere.exists()) == ("Rien n'est à rembourser.\n", False)
