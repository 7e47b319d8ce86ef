"""A console that was just enrolled: it says that its prices are for trying, and confirms nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import pytest
from console_at_work import ONLINE, resumed
from console_fixtures import CENTRAL, complete_draft, enrol, opened

from screens.status_view import catalogue_awaited
from services.adapters.catalogue_file import CatalogueFile
from services.sync.status import NO_CATALOGUE, CatalogueProgress, Connection, SyncStatus

DRAFT = UUID(int=77)
BLACK = "BRO-LC970BK"


@pytest.fixture
def enrolled(folder: Path) -> Path:
    with opened(folder / "console.sqlite3") as store:
        enrol(store)
    return folder


@pytest.fixture
def catalogue(enrolled: Path) -> Iterator[CatalogueFile]:
    catalogue = CatalogueFile.open(enrolled / "catalogue.sqlite3")
    yield catalogue
    catalogue.close()


def land(catalogue: CatalogueFile) -> None:
    """What central has is there: the black one costs 30,70 €."""
    offer = catalogue.articles([BLACK])[BLACK].offer
    catalogue.apply_offers([replace(offer, price_cents=3070)])
    catalogue.note_source(CENTRAL)


async def test_nothing_is_confirmed_before_the_catalogue_is_there(
    enrolled: Path, catalogue: CatalogueFile
) -> None:
    draft = complete_draft(DRAFT)
    draft = replace(draft, cart=replace(draft.cart, codes=()))
    async with resumed(enrolled, draft) as operator:
        await operator.hears(replace(ONLINE, catalogue_progress=CatalogueProgress(4, 100)))
        operator.sees("Prix et stock d'essai : le catalogue de la centrale arrive, 4 %")
        operator.sees("ne les annoncez pas", "ne peut pas encore être confirmée")
        await operator.press("enter", "enter")
        assert operator.notice == (
            "Prix d'essai : l'appel est gardé, confirmez quand le catalogue sera arrivé."
        )
        assert (operator.step, operator.orders) == ("ReadBackScreen", [])
        land(catalogue)
        await operator.hears(replace(ONLINE, catalogue_version="central-1"))
        assert "Prix et stock d'essai" not in operator.text
        while "confirmer" not in operator.lines[-1]:
            await operator.press("enter")
        assert operator.orders == []
        await operator.press_only("enter")
        (order,) = operator.orders
        assert [line.unit_price_cents for line in order.quote.lines] == [3070, 1290]


async def test_an_enter_that_finds_the_catalogue_there_confirms_nothing_unread(
    enrolled: Path, catalogue: CatalogueFile
) -> None:
    async with resumed(enrolled, complete_draft(DRAFT), size=(120, 40)) as operator:
        operator.sees("le catalogue de la centrale est attendu")
        land(catalogue)
        await operator.press("enter")
        assert (operator.step, operator.orders) == ("ReadBackScreen", [])
        assert "essai" not in operator.text
        assert operator.saved == operator.draft


@pytest.mark.parametrize(
    "status, says",
    [
        (None, "le catalogue de la centrale est attendu"),
        (SyncStatus(Connection.OFFLINE), "catalogue attendu, la centrale est injoignable"),
        (SyncStatus(Connection.UNAUTHORISED), "catalogue attendu, la centrale refuse ce poste"),
        (ONLINE, "le catalogue de la centrale arrive"),
        (replace(ONLINE, last_error_code=NO_CATALOGUE), "la centrale n'a pas de catalogue"),
        (
            replace(ONLINE, last_error_code="catalogue_inconsistent"),
            "catalogue refusé par ce poste, prévenez l'administrateur",
        ),
    ],
)
def test_why_the_catalogue_is_not_there(status: SyncStatus | None, says: str) -> None:
    assert catalogue_awaited(SimpleNamespace(sync_status=status)) == says
