"""What central is still owed, in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from models.order import SyncState
from models.wire.problems import PROBLEMS
from models.wording import outbox

NOW = datetime(2026, 11, 23, 10, 42, tzinfo=UTC)


def said(state, attempts=0, wait_seconds=0, error=None, **more):
    return outbox.item_sentence(
        state,
        attempts=attempts,
        next_try_at=NOW + timedelta(seconds=wait_seconds),
        last_error=error,
        now=NOW,
        **more,
    )


@pytest.mark.parametrize(
    "sentence,facts",
    [
        ("en attente : pas encore parti", (SyncState.WAITING,)),
        (
            "en attente : centrale injoignable ; 1 essai, prochain dès que la centrale répond",
            (SyncState.WAITING, 1, 0, "central_unreachable"),
        ),
        (
            "en attente : centrale occupée ; 3 essais, prochain à 11:42:15",
            (SyncState.WAITING, 3, 15, "central_busy"),
        ),
        (
            "en attente : centrale trop ancienne, à mettre à jour ; 2 essais, prochain le 24/11 à 11:42",
            (SyncState.WAITING, 2, 24 * 3600, "field_unknown"),
        ),
        (
            "envoyé, réponse attendue ; 1 essai, prochain à 11:42:09",
            (SyncState.SENT, 1, 9),
        ),
        (
            (
                "envoyé, réponse attendue : pas de réponse à temps ; 2 essais, "
                "prochain dès que la centrale répond"
            ),
            (SyncState.SENT, 2, -1, "central_timeout"),
        ),
        ("confirmé", (SyncState.CONFIRMED, 2, 0, None)),
        ("refusé : référence déjà prise", (SyncState.REFUSED, 1, 0, "reference_taken")),
        ("refusé : code of_tomorrow", (SyncState.REFUSED, 1, 0, "of_tomorrow")),
        ("refusé", (SyncState.REFUSED, 1, 0, None)),
        ("essai, ne part pas", (SyncState.PRACTICE,)),
    ],
)
def test_the_state_why_and_when_next(sentence, facts):
    assert said(*facts) == sentence


def test_what_waits_for_its_own_order_says_so():
    told = said(SyncState.WAITING, is_held_back=True)
    assert told == "en attente : part après ce qui précède de la même commande"
    assert said(SyncState.REFUSED, 1, 0, "sku", is_held_back=True) == "refusé : code sku"


def test_the_hour_is_that_of_paris_and_the_day_too():
    late = datetime(2026, 11, 23, 22, 59, 50, tzinfo=UTC)
    told = outbox.item_sentence(
        SyncState.SENT,
        attempts=1,
        next_try_at=late + timedelta(seconds=20),
        last_error=None,
        now=late,
    )
    assert told == "envoyé, réponse attendue ; 1 essai, prochain le 24/11 à 00:00"


def test_every_kind_has_its_name():
    assert [outbox.kind_name(kind) for kind in ("order", "revision", "cancellation")] == [
        "commande",
        "modification",
        "annulation",
    ]
    assert outbox.kind_name("of_a_newer_program") == "envoi"


ABOUT_ORDERS = set(PROBLEMS) - {
    "cursor_unknown",
    "customer_stale",
    "customer_unknown",
    "enrolment_refused",
    "references_exhausted",
    "sign_in_refused",
}


@pytest.mark.parametrize("code", sorted(ABOUT_ORDERS))
def test_every_problem_that_an_order_can_meet_has_words(code):
    assert not outbox.why(code).startswith("code ")
