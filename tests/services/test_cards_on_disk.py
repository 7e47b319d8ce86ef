"""R9: no card number is on disk, not even the digits before its last one is typed."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from console_fixtures import NOW

from models.cards import mask_beginning
from models.draft import CustomerEntry, DeliveryEntry, Draft, DraftState
from services.drafts import save_draft

CARD = "4970101234567893"
DRAFT = UUID(int=7)


def typed_to(store, path, draft):
    """Save every keystroke of ``CARD`` but the last; all bytes that were ever on disk."""
    seen = b""
    for length in range(1, len(CARD)):
        with store.write() as tx:
            save_draft(draft(CARD[:length]), tx=tx, holder=None, now=NOW)
        for file in path.parent.glob(path.name + "*"):
            seen += file.read_bytes()
    return seen


@pytest.mark.parametrize(
    "draft",
    [
        pytest.param(lambda text: Draft(DRAFT, NOW, focus="search", search=text), id="search"),
        pytest.param(
            lambda text: Draft(
                DRAFT, NOW, focus="instructions", delivery=DeliveryEntry(instructions=text)
            ),
            id="instructions",
        ),
        pytest.param(
            lambda text: Draft(DRAFT, NOW, focus="find", customer=CustomerEntry(search=text)),
            id="find",
        ),
        pytest.param(lambda text: Draft(DRAFT, NOW, focus="code", code_entry=text), id="code"),
    ],
)
def test_no_more_than_nine_digits_of_a_card_are_ever_on_disk(store, path, draft):
    seen = typed_to(store, path, draft)
    assert CARD[:9].encode() in seen
    assert CARD[:10].encode() not in seen


def test_the_screen_keeps_what_is_typed(store):
    typing = Draft(DRAFT, NOW, focus="search", search=CARD[:12])
    with store.write() as tx:
        saved = save_draft(typing, tx=tx, holder=None, now=NOW)
        assert saved == typing
        assert tx.drafts.get(DRAFT).search == "497010•"


def test_a_long_number_is_whole_on_disk_once_the_focus_has_moved_on(store):
    siret = "443 061 841 00047"
    draft = Draft(
        DRAFT, NOW, focus="instructions", delivery=DeliveryEntry(instructions=f"SIRET {siret}")
    )
    for later in (
        replace(draft, focus="ways"),
        replace(draft, state=DraftState.PARKED, parked_reason="rappelle"),
    ):
        with store.write() as tx:
            save_draft(draft, tx=tx, holder=None, now=NOW)
            assert siret not in tx.drafts.get(DRAFT).delivery.instructions
            save_draft(later, tx=tx, holder=None, now=NOW)
            assert siret in tx.drafts.get(DRAFT).delivery.instructions


@pytest.mark.parametrize(
    "text",
    [
        "01 99 00 12 34",
        "06 39 98 12 34 06 39 98 12 35",
        "+33 1 99 00 12 34",
        "4977766645362",
        "482 013 957",
        "497010123",
        "brother dcp-350c",
        "",
    ],
)
def test_phones_barcodes_and_references_are_no_beginnings(text):
    assert mask_beginning(text) == text


def test_separators_do_not_hide_a_beginning():
    assert mask_beginning("carte 4970 1012 3456") == "carte 4970 10•"
    assert mask_beginning("5413-3300-89 puis rien") == "5413-33• puis rien"
