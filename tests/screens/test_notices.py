"""Every sentence that stands beneath the state of the line: all of it can be read, at 80 columns."""

from __future__ import annotations

from uuid import UUID

import pytest
from console_at_work import resumed
from console_fixtures import complete_draft
from rich.cells import cell_len

from models import wording
from models.draft import Step
from models.errors import Conflict, DomainError, Unavailable
from models.wording import faults, orders, people, rules
from models.wording.labels import unavailable_sentence
from screens.widgets.frame import NOTICE_LINES, notice_lines
from screens.widgets.text_field import CARD_REFUSED

WIDTH = 78
WHOLE = complete_draft(UUID(int=77))

OF_THE_COMMAND_LINE = {
    "order_incomplete": "one line for each step; on the screen they stand in the read-back",
    "order_file_too_early": "a file of orders",
    "backup_folder_missing": "a copy of a central",
    "shop_file_unreadable": "before there is a screen",
    "restore_unnotable": "a copy of a central",
    "central_url_insecure": "enrolling",
    "store_broken": "what to do comes first; where the file is may be cut",
}
"""Longer than a notice, and never one, or no worse for it."""

LONGEST = {
    "path": "/home/accueil-magasin/.local/share/kiosk/console.sqlite3",
    "name": "refund_days_when_cancelled_late",
    "key": "delivery.free_from_cents_in_overseas",
    "days": 365,
    "sku": "EPS-T2436-PACK-XL",
    "maximum": 99,
    "minimum": 12,
    "retry_after_seconds": 3600,
    "awaited_cents": 123_456,
    "paid_cents": 123_456,
    "noted_cents": 123_456,
    "reference": "482013957",
    "near": ("482013956", "482013975"),
    "uuid": UUID(int=2**127),
    "said": 123_456,
    "now": 124_456,
    "codes": ("BIENVENUE10",),
    "labels": ("LC-970 noir",),
    "before": "in_preparation",
    "after": "awaiting_payment",
    "problems": (),
    "field": "instructions",
}
CODES = sorted(
    {
        code
        for table in (rules, people, orders, faults)
        for code in table.ERROR_SENTENCES
        if code not in OF_THE_COMMAND_LINE
    }
)


def as_words(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("facts", [{}, LONGEST], ids=["bare", "longest"])
def test_all_of_a_sentence_can_be_read(code: str, facts: dict[str, object]) -> None:
    sentence = wording.error_sentence(DomainError(code, **facts))
    lines = notice_lines(sentence, WIDTH)
    assert len(lines) <= NOTICE_LINES
    assert all(cell_len(line) <= WIDTH for line in lines)
    assert as_words(" ".join(lines)) == as_words(sentence)


@pytest.mark.parametrize("sentence", [CARD_REFUSED, unavailable_sentence("no_mobile_and_no_email")])
def test_what_screens_say_themselves_is_one_line(sentence: str) -> None:
    assert notice_lines(sentence, WIDTH) == [sentence]


def test_no_line_begins_with_a_sign_and_only_what_is_longer_than_two_is_cut() -> None:
    assert notice_lines("", 10) == [""]
    assert notice_lines("un deux ?", 8) == ["un", "deux ?"]
    assert notice_lines("un deux trois quatre", 8) == ["un deux", "trois q…"]


async def test_a_long_sentence_begins_in_the_place_of_the_line_and_nothing_moves(folder) -> None:
    async with resumed(folder, WHOLE.at(Step.CUSTOMER, "last_name")) as operator:
        before = operator.lines
        operator.app.live.present(Unavailable("store_gone"))
        await operator.settled()
        assert operator.lines[:-3] == before[:-3]
        assert operator.lines[-1] == before[-1]
        assert operator.lines[-3].startswith(" Le fichier de la console a été effacé")
        assert operator.notice == wording.error_sentence(Unavailable("store_gone"))
        await operator.press("X")
        assert operator.lines[-3] == before[-3]


async def test_in_a_dialog_it_has_two_lines(folder) -> None:
    async with resumed(folder, WHOLE) as operator:
        await operator.press("f7")
        before = operator.lines
        operator.app.live.present(Conflict("store_gone"))
        await operator.settled()
        assert operator.notice == wording.error_sentence(Conflict("store_gone"))
        assert operator.lines[:-3] == before[:-3]
        operator.app.live.say("")
        await operator.settled()
        assert operator.lines == before
