"""What to say about what central reckons differently or refuses: every code, known or not."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import Conflict, Rejected
from models.vouchers import RefusalReason
from models.wire.orders import DifferenceCode
from models.wire.problems import PROBLEMS
from models.wording.work import Advice, advice, difference_advice, refusal_advice, summary
from models.work import WorkItem, WorkKind

NB = "\u00a0"
AT = datetime(2026, 11, 23, 10, 42, tzinfo=UTC)

NOT_ABOUT_ORDERS = {
    "cursor_unknown",
    "customer_stale",
    "enrolment_refused",
    "sign_in_refused",
}
OF_ORDERS = {
    code for code, (_, kind) in PROBLEMS.items() if kind in {Rejected, Conflict}
} - NOT_ABOUT_ORDERS


def label_of(sku: str) -> str:
    return {"BRO-LC970BK": "LC-970 noir"}.get(sku, sku)


def difference(
    code: str, said: object, central: object, sku: str | None = None
) -> dict[str, object]:
    return {"code": code, "said": str(said), "central": str(central), "sku": sku}


def differences(*found: dict[str, object]) -> WorkItem:
    return WorkItem(
        UUID(int=1), UUID(int=2), WorkKind.DIFFERENCES, {"differences": list(found)}, AT
    )


def refused(code: str, what: str) -> WorkItem:
    return WorkItem(UUID(int=1), UUID(int=2), WorkKind.REFUSED, {"code": code, "what": what}, AT)


def test_a_dearer_price_is_asked_about_a_cheaper_one_is_good_news() -> None:
    dearer = difference_advice(difference("price_changed", 2290, 2490, "BRO-LC970BK"), label_of)
    assert dearer == Advice(
        "prix changé",
        f"Prix de LC-970 noir : 22,90{NB}€ annoncés, 24,90{NB}€ au tarif de la centrale.",
        f"« Le prix de LC-970 noir a changé depuis notre appel : 24,90{NB}€ au lieu de "
        f"22,90{NB}€. Le gardez-vous ? »",
        "La commande garde le prix annoncé. Gardé ou accepté : A. Au nouveau prix : M, retirez "
        "l'article et remettez-le.",
    )
    cheaper = difference_advice(difference("price_changed", 2490, 2290, "BRO-LC970BK"), label_of)
    assert cheaper.to_say.endswith("C'est à votre avantage. »")


@pytest.mark.parametrize(
    "left, says",
    [
        ("0", "LC-970 noir n'est plus en stock depuis notre appel"),
        ("1", "LC-970 noir ne reste qu'en 1 exemplaire depuis"),
        ("2", "LC-970 noir ne reste qu'en 2 exemplaires depuis"),
    ],
)
def test_what_is_left_is_said_as_a_number(left: str, says: str) -> None:
    told = difference_advice(difference("stock_short", 3, left, "BRO-LC970BK"), label_of)
    assert says in told.to_say
    assert told.happened == f"LC-970 noir : 3 commandés, {left} en stock."


def test_a_date_that_is_not_known_is_said_plainly() -> None:
    later = difference_advice(difference("promise_later", "2026-11-25", "2026-12-01"))
    assert later.to_say == (
        "« Votre colis partira au plus tard le mardi 1er décembre, et non le mercredi 25 novembre."
        " Attendez-vous ? »"
    )
    unknown = difference_advice(difference("promise_later", "2026-11-25", ""))
    assert "délai inconnu maintenant" in unknown.happened


def test_one_is_singular() -> None:
    told = difference_advice(difference("stock_short", 1, 0, "BRO-LC970BK"), label_of)
    assert told.happened == "LC-970 noir : 1 commandé, 0 en stock."


SAID = [
    difference(code.value, said, central, "BRO-LC970BK")
    for code in DifferenceCode
    for said, central in (("2026-11-25", "2026-12-07"), ("2026-12-01", ""), ("2", "1"))
] + [difference("code_refused", "NOEL2026", reason.value) for reason in RefusalReason]


@pytest.mark.parametrize("found", SAID)
def test_what_is_read_aloud_is_whole_words_of_the_callers_own(found: dict[str, object]) -> None:
    """No central, no "this customer", no abbreviated day, no second full stop."""
    told = difference_advice(found, label_of).to_say
    assert "centrale" not in told
    assert "ce client" not in told
    assert ".." not in told
    assert not re.search(
        r"\b(lun|mar|mer|jeu|ven|sam|dim|janv|févr|avr|juil|sept|oct|nov|déc)\.", told
    )


@pytest.mark.parametrize("reason", list(RefusalReason))
def test_every_reason_of_a_code_has_its_words(reason: RefusalReason) -> None:
    told = difference_advice(difference("code_refused", "NOEL2026", reason.value))
    assert "NOEL2026" in told.to_say
    assert reason.value not in told.to_say
    assert "n'est pas accepté" not in told.to_say


@pytest.mark.parametrize("code", list(DifferenceCode))
def test_every_difference_has_its_own_words(code: DifferenceCode) -> None:
    told = difference_advice(difference(code.value, "1000", "1200", "BRO-LC970BK"), label_of)
    assert told.short != "différence à la centrale"
    assert len(told.short.split()) <= 5
    assert told.to_say.startswith("« ")
    assert told.to_say.endswith(" »")
    assert code.value not in f"{told.happened} {told.to_say} {told.to_do}"


@pytest.mark.parametrize("what", ["order", "revision", "cancellation"])
@pytest.mark.parametrize("code", sorted(OF_ORDERS))
def test_every_refusal_of_an_order_has_its_own_words(code: str, what: str) -> None:
    told = refusal_advice({"code": code, "fields": [], "what": what})
    asked = {"order": "La commande", "revision": "La modification", "cancellation": "L'annulation"}
    assert told.happened.startswith(asked[what])
    assert code not in told.happened
    assert told.to_do


def test_what_a_newer_central_says_is_never_nothing() -> None:
    told = difference_advice(difference("moon_phase", "full", "new"))
    assert told.happened == "La centrale compte autrement (moon_phase) : full ici, new là-bas."
    told = refusal_advice({"code": "moon_phase", "what": "revision"})
    assert told.happened == "La modification est refusée par la centrale (code moon_phase)."
    (told,) = advice(WorkItem(UUID(int=1), UUID(int=2), WorkKind.DIFFERENCES, {}, AT))
    assert told.short == "à revoir"


def test_a_line_of_a_list_names_causes_once_and_not_the_sum_of_them() -> None:
    price = difference("price_changed", 2290, 2490, "BRO-LC970BK")
    total = difference("total_changed", 4870, 5070)
    assert summary(differences(price, price, total)) == "prix changé"
    assert summary(differences(total)) == "total différent"
    stock = difference("stock_short", 3, 0, "BRO-LC970BK")
    assert summary(differences(price, stock)) == "prix changé, rupture depuis l'appel"
    assert summary(refused("order_dispatched", "cancellation")) == "trop tard, colis parti"


@given(
    st.dictionaries(
        st.sampled_from(["code", "said", "central", "sku", "what"]),
        st.none() | st.text(max_size=30) | st.integers() | st.lists(st.text(max_size=3)),
    )
)
def test_no_facts_are_too_strange_to_be_said(facts: dict[str, object]) -> None:
    for told in (difference_advice(facts), refusal_advice(facts)):
        assert told.short
        assert told.happened
        assert told.to_do
    item = WorkItem(UUID(int=1), UUID(int=2), WorkKind.DIFFERENCES, {"differences": [facts]}, AT)
    assert summary(item)
