"""What the screens say, from values alone: exact words, without a screen."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace
from uuid import UUID

import pytest
from console_fixtures import HOME, NOW, StillClock, cart, complete_draft

from models.catalogue import Article, Capacity, Cartridge, Colour, Offer, Origin, Technology
from models.completeness import check_order
from models.draft import CustomerEntry, Draft, Step
from models.order import SyncState
from models.payment import PaymentMethod, Reach
from models.pricing import PricingFacts, price_cart
from models.promise import promise_for
from models.quote import PackHint, Quote
from models.shop import ShopRules
from models.vouchers import Voucher, VoucherKind
from screens.article_view import article_rows
from screens.big_digits import big
from screens.cart_view import cart_lines, code_lines, pack_line, total_lines
from screens.confirmation_view import sync_line
from screens.customer_view import as_new_customer, hit_lines
from screens.delivery_view import home_lines
from screens.payment_view import channel_line, way_lines, ways
from screens.printer import interrupted_line
from screens.printer_view import look_alike_line
from screens.read_back_view import first_gap, missing_lines, spoken_lines
from screens.status_view import caller, calls, cart_items, connection, total
from screens.widgets.columns import RowKind
from screens.widgets.rows import columns, line, wrapped
from services.demo_people import demo_customers
from services.desk_state import DeskState
from services.ports import DraftSummary
from services.sync.status import NO_CATALOGUE, Connection, SyncStatus

RULES = ShopRules()
WHOLE = complete_draft(UUID(int=77))
NB = "\u00a0"


def article(sku: str, colour: Colour, cents: int, stock: int = 9, **more: object) -> Article:
    offer = {key: more.pop(key) for key in ("restock_on", "previous_price_cents") if key in more}
    told = {"series": "LC-970", "oem_reference": sku, "capacity": Capacity.STANDARD} | more
    cartridge = Cartridge(sku, "Brother", colour=colour, technology=Technology.INK, **told)
    return Article(cartridge, Offer(sku, cents, stock, NOW, **offer))


BLACK = article("BRO-LC970BK", Colour.BLACK, 2290, page_yield=350)
CYAN = article("BRO-LC970C", Colour.CYAN, 1290, page_yield=300)
GONE = article("M", Colour.MAGENTA, 1290, 0, restock_on=date(2026, 12, 3))
PACK = article("P", Colour.NONE, 3000, contents=("BRO-LC970BK", "BRO-LC970C"))
OWN = article("K", Colour.BLACK, 790, origin=Origin.SHOP)
NAMES = {"BRO-LC970BK": BLACK, "BRO-LC970C": CYAN, "M": GONE}


def state(draft: Draft = WHOLE, *vouchers: Voucher) -> DeskState:
    known = {voucher.code: voucher for voucher in vouchers}
    quote = price_cart(draft.cart, PricingFacts(NAMES, vouchers=known), now=NOW, rules=RULES)
    items = [(NAMES[row.sku].offer, row.quantity) for row in draft.cart.lines]
    promise = promise_for(NOW.date(), items, draft.payment_method, RULES) if items else None
    return DeskState(draft, quote, promise, vouchers=known)


def plain(lines) -> list[str]:
    return [text.plain for text in lines]


# --- step 1 -----------------------------------------------------------------------


def test_cartridges_with_their_notes_and_the_heading_of_the_shops_own() -> None:
    rows = article_rows([BLACK, CYAN, GONE, PACK, OWN])
    assert [(row.kind, row.label, row.word) for row in rows] == [
        (RowKind.CARTRIDGE, "LC-970", "noir"),
        (RowKind.CARTRIDGE, "LC-970", "cyan"),
        (RowKind.CARTRIDGE, "LC-970", "magenta"),
        (RowKind.NOTE, "rupture, de retour le jeu. 3 déc.", ""),
        (RowKind.CARTRIDGE, "LC-970", "pack des 2"),
        (RowKind.NOTE, f"5,80{NB}€ de moins qu'à l'unité", ""),
        (RowKind.HEADING, "de la boutique", ""),
        (RowKind.CARTRIDGE, "LC-970", "noir"),
    ]
    first = rows[0]
    assert (first.page_yield, first.per_page, first.price, first.stock) == (
        "350 p.",
        "6,5 c/p.",
        f"22,90{NB}€",
        "9",
    )
    assert [row.is_in_stock for row in rows if row.kind is RowKind.CARTRIDGE] == [
        *(True, True, False, True, True)
    ]


def test_a_price_drop_and_an_unknown_date_are_said() -> None:
    dropped = article("D", Colour.CYAN, 990, 0, previous_price_cents=1290)
    assert [row.label for row in article_rows([dropped])[1:]] == [
        "rupture, délai inconnu",
        f"au lieu de 12,90{NB}€",
    ]


@pytest.mark.parametrize(
    "brand, series, said",
    [
        ("HP", "901XL", "attention : 901 XL, 903 XL ou 907 XL ?"),
        ("HP", "363", "attention : 363 ou 364 ?"),
        ("HP", "88", ""),
    ],
)
def test_look_alikes_are_pointed_out(brand, series, said) -> None:
    cartridge = replace(BLACK.cartridge, brand=brand, series=series)
    assert look_alike_line(replace(BLACK, cartridge=cartridge), []) == said


def test_which_call_was_cut_off() -> None:
    assert interrupted_line(WHOLE) == (
        "Appel interrompu (Mme DUVAL, 3 articles, relecture). Entrée : le reprendre."
    )
    blank = Draft(UUID(int=1), NOW, search="dcp")
    assert interrupted_line(blank).startswith("Appel interrompu (0 article, imprimante).")


# --- step 2 -----------------------------------------------------------------------


def test_the_lines_of_the_cart_stand_beneath_each_other() -> None:
    draft = replace(WHOLE, cart=cart(("BRO-LC970BK", 1, 2290), ("M", 10, 1290)))
    assert plain(cart_lines(state(draft).quote, NAMES, 72)) == [
        f" 1 × LC-970 noir     22,90{NB}€                                     22,90{NB}€",
        f"10 × LC-970 magenta  12,90{NB}€  rupture, retour jeu. 3 déc.       129,00{NB}€",
    ]


def test_a_price_that_was_said_is_kept_and_said_to_be() -> None:
    quote = state(replace(WHOLE, cart=cart(("BRO-LC970BK", 1, 1990)))).quote
    (text,) = plain(cart_lines(quote, NAMES, 80))
    assert f"prix annoncé gardé (tarif actuel 22,90{NB}€)" in text
    gone = replace(quote, lines=(), unknown_skus=("X-9",))
    assert plain(cart_lines(gone, NAMES, 80)) == ["X-9 n'est plus au catalogue"]


def test_codes_say_what_they_did_or_why_not_and_are_never_cut() -> None:
    draft = replace(WHOLE, cart=cart(("BRO-LC970BK", 1, 2290)).add_code("A5").add_code("MIN"))
    five = Voucher("A5", VoucherKind.AMOUNT, amount_cents=500)
    least = Voucher("MIN", VoucherKind.AMOUNT, amount_cents=900, minimum_total_cents=9000)
    lines = plain(code_lines(state(draft, five, least), 40))
    assert lines[0] == f"  A5  remise de 5,00{NB}€           -5,00{NB}€"
    assert lines[1].startswith("! MIN  ")
    assert f"il manque 67,10{NB}€" in " ".join(text.strip() for text in lines[1:])
    assert all(len(text) <= 40 for text in lines)


def test_totals_from_the_goods_to_what_is_paid() -> None:
    draft = replace(WHOLE, cart=cart(("BRO-LC970BK", 1, 2290)).add_code("A5"))
    five = Voucher("A5", VoucherKind.AMOUNT, amount_cents=500)
    assert plain(total_lines(state(draft, five).quote, 60)) == [
        f"Articles                                             22,90{NB}€",
        f"Remises                                              -5,00{NB}€",
        f"Livraison (offerte pour 21,10{NB}€ de plus)              4,90{NB}€",
        f"Total TTC  dont TVA 3,80{NB}€                           22,80{NB}€",
    ]
    assert plain(total_lines(Quote(vat_mention="TVA non applicable"), 40))[-1].startswith(
        "Total TTC  TVA non applicable"
    )


def test_the_pack_that_would_cost_less() -> None:
    hint = PackHint("P", "LC-970 pack des 4", 570)
    assert pack_line(Quote(pack_hint=hint)) == (
        f"LC-970 pack des 4 coûterait 5,70{NB}€ de moins (Ctrl+R : le prendre)"
    )
    assert pack_line(Quote()) == ""


# --- steps 3 and 4 ------------------------------------------------------------------


def test_a_found_customer_on_one_line() -> None:
    duval = next(c for c in demo_customers(NOW) if c.name.last_name == "DUVAL")
    assert plain(hit_lines([duval])) == [
        "Mme DUVAL Jeanne                  01 99 00 12 34  51100 Reims"
    ]


@pytest.mark.parametrize(
    "typed, phone, last_name",
    [("0199001234", "0199001234", ""), ("Zadkine", "", "Zadkine"), ("", "", "")],
)
def test_a_new_file_begins_with_what_found_nobody(typed, phone, last_name) -> None:
    entry = as_new_customer(CustomerEntry(search=typed))
    assert (entry.phone, entry.person.last_name, entry.search) == (phone, last_name, "")


def test_a_known_customer_does_not_leak_into_the_new_file() -> None:
    known = CustomerEntry(customer_id=UUID(int=5), person=HOME, phone="0199001234", search="Roux")
    new = as_new_customer(known)
    assert (new.customer_id, new.phone, new.person.street) == (None, "", "")
    assert new.person.last_name == "Roux"


def test_the_label_of_the_parcel_or_what_to_do_first() -> None:
    assert home_lines(WHOLE) == [
        "Le colis part à :",
        "",
        "  MME JEANNE DUVAL",
        "  8 RUE DE VESLE",
        "  51100 REIMS",
    ]
    assert home_lines(replace(WHOLE, customer=CustomerEntry())) == [
        "L'adresse du client n'est pas complète : F3."
    ]


# --- steps 5 to 7 ---------------------------------------------------------------------


def test_the_four_ways_with_their_dates_and_conditions() -> None:
    items = [(BLACK.offer, 1)]
    promises = [promise_for(NOW.date(), items, method, RULES) for method in PaymentMethod]
    assert plain(way_lines(ways(Reach(), promises), PaymentMethod.CHEQUE)) == [
        "1 ( ) carte bancaire, par lien",
        "      ni mobile ni e-mail : aucun lien ne peut être envoyé",
        "2 ( ) PayPal, par lien",
        "      ni mobile ni e-mail : aucun lien ne peut être envoyé",
        "3 ( ) virement                             départ au plus tard mar. 1er déc.",
        "      sous 1 à 4 jours    si le virement arrive au plus tard le ven. 27 nov.",
        "4 (•) chèque                                 départ au plus tard mer. 2 déc.",
        "      bon de commande       si le chèque arrive au plus tard le lun. 30 nov.",
    ]
    reach = Reach(email="a@example.org")
    first = plain(way_lines(ways(reach, [*promises[:2], None, None]), None))[:2]
    assert first == [
        "1 ( ) carte bancaire, par lien              départ au plus tard mer. 25 nov.",
        "      jamais de numéro      si le lien est payé au plus tard le lun. 23 nov.",
    ]
    assert channel_line(PaymentMethod.CHEQUE, reach, None) == ""
    assert channel_line(PaymentMethod.CARD_LINK, reach, reach.channels[0]) == (
        "lien envoyé par : • e-mail   (S : changer)"
    )


def test_no_condition_is_cut_at_80_columns() -> None:
    """The longest dates there are: a Monday to Sunday in September, days of two digits."""
    longest = replace(BLACK.offer, stock=0, restock_on=date(2026, 9, 23))
    for day in (date(2026, 9, 21) + timedelta(days=n) for n in range(7)):
        promises = [promise_for(day, [(longest, 1)], method, RULES) for method in PaymentMethod]
        for text in way_lines(ways(Reach(email="a@example.org"), promises), None):
            assert text.cell_len in range(77)


def test_what_is_missing_with_the_key_that_leads_there() -> None:
    problems = check_order(Draft(UUID(int=1), NOW)).problems
    lines = plain(missing_lines(problems))
    assert lines[0] == "Il manque encore :"
    assert lines[2] == "  F1  Le panier est vide."
    assert lines[3].startswith("  F3  ")
    assert lines[-1].startswith("  F5  ")
    assert first_gap(problems)[0] is Step.PRINTER


def test_the_text_to_read_fits_and_its_titles_stand_out() -> None:
    whole = check_order(WHOLE)
    lines = spoken_lines(state(), whole, RULES, 60)
    assert max(len(text.plain) for text in lines) <= 58
    strong = [text.plain for text in lines if text.spans]
    assert strong[:3] == ["CLIENT", "ARTICLES", "CODES"]
    assert "La commande est au nom de Madame Jeanne Duval." in plain(lines)
    assert spoken_lines(state(), check_order(Draft(UUID(int=1), NOW)), RULES, 60) == []


@pytest.mark.parametrize(
    "sync, said",
    [
        (SyncState.CONFIRMED, "● reçue par la centrale"),
        (SyncState.REFUSED, "! refusée par la centrale : à traiter"),
        (SyncState.SENT, "○ envoyée, réponse attendue"),
        (None, "○ enregistrée ici, partira vers la centrale toute seule"),
    ],
)
def test_where_the_order_stands(sync, said) -> None:
    assert sync_line(sync).plain == said


def test_a_reference_three_lines_high() -> None:
    assert big("482") == ["█ █ █▀█ ▀▀█", "▀▀█ █▀█ █▀▀", "  ▀ ▀▀▀ ▀▀▀"]


# --- always there -----------------------------------------------------------------------


def test_the_status_of_a_cart_and_of_none() -> None:
    assert cart_items(state()) == ("1 × LC-970 noir", "2 × LC-970 cyan")
    assert total(state()) == f"3 articles  48,70{NB}€ TTC"
    assert total(state(Draft(UUID(int=1), NOW))) == "panier vide"


def test_calls_that_wait() -> None:
    clock = StillClock()
    summary = DraftSummary(WHOLE, clock.now(), is_held_elsewhere=False)
    nameless = replace(summary, draft=Draft(UUID(int=1), NOW))
    assert calls([]) == ""
    assert calls([summary]) == "1 appel en attente (Mme DUVAL, 11:42)"
    assert calls([nameless, summary]) == "2 appels en attente (11:42)"
    assert caller(WHOLE) == "Mme DUVAL"


def test_columns_keep_the_figure_and_cut_the_words() -> None:
    assert columns(line("abcdef"), "12", 6).plain == "ab… 12"
    assert columns(line("日本語"), "1", 6).plain == "日 … 1"
    assert columns(line("a"), "", 3).plain == "a  "
    assert wrapped(f"il manque 3,20{NB}€", 12) == ["il manque", f"3,20{NB}€"]


@pytest.mark.parametrize(
    "status,said",
    [
        (None, "connexion en cours"),
        (SyncStatus(Connection.ONLINE), "en ligne"),
        (SyncStatus(Connection.ONLINE, last_error_code="central_unclear"), "en ligne"),
        (
            SyncStatus(Connection.ONLINE, last_error_code=NO_CATALOGUE),
            "la centrale n'a pas de catalogue",
        ),
        (SyncStatus(Connection.OFFLINE, last_error_code=NO_CATALOGUE), "hors ligne"),
    ],
)
def test_what_is_said_of_the_line(status, said):
    assert connection(SimpleNamespace(sync_status=status)) == said
