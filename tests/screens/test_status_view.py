"""The state of the line in words: what is to do, what waits, and what is not as it should be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from types import SimpleNamespace
from uuid import UUID

import pytest
from rich.cells import cell_len

from models.draft import Draft
from models.quote import Quote
from screens.status_view import (
    REFERENCES_FEW,
    catalogue_awaited,
    clock_line,
    connection,
    outbox,
    progress,
    references_line,
    status_view,
    work,
)
from screens.widgets.frame import StatusView, line_of_state
from services.desk_state import DeskState
from services.sync.status import (
    HOLDER_SILENT,
    NO_CATALOGUE,
    CatalogueProgress,
    Connection,
    SyncStatus,
)

ONLINE = SyncStatus(Connection.ONLINE)
AT = datetime(2026, 11, 23, 10, 45, 12, tzinfo=UTC)


def at(status: SyncStatus | None) -> SimpleNamespace:
    """A console of which only the sync's status is asked."""
    return SimpleNamespace(sync_status=status)


def test_offline_says_when_it_is_tried_again_to_the_minute() -> None:
    offline = SyncStatus(Connection.OFFLINE)
    assert connection(at(offline)) == "hors ligne"
    assert connection(at(replace(offline, next_try_at=AT))) == "hors ligne, essai à 11:45"
    later = replace(offline, next_try_at=AT.replace(second=59))
    assert connection(at(later)) == connection(at(replace(offline, next_try_at=AT)))


def test_another_program_that_hangs_is_named_in_place_of_a_dead_line() -> None:
    hangs = SyncStatus(Connection.OFFLINE, last_error_code=HOLDER_SILENT)
    assert connection(at(hangs)) == "un autre écran d'ici est bloqué : fermez-le"


@pytest.mark.parametrize(
    "code, says",
    [
        ("unauthorised", "accès refusé : prévenez l'administrateur"),
        ("token_expired", "accès expiré : prévenez l'administrateur"),
        (None, "accès refusé : prévenez l'administrateur"),
    ],
)
def test_a_token_that_is_not_accepted_is_the_administrators(code: str | None, says: str) -> None:
    assert connection(at(SyncStatus(Connection.UNAUTHORISED, last_error_code=code))) == says


def test_work_is_named_with_its_key_and_takes_the_place_of_nothing_waits() -> None:
    assert work(0) == ""
    assert work(2) == "2 à traiter (F7)"
    assert outbox(at(ONLINE)) == "aucun envoi en attente"
    busy = replace(ONLINE, refused=1)
    assert outbox(at(busy), 2) == ""
    assert outbox(at(replace(busy, waiting=3)), 2) == "3 envois en attente"
    assert outbox(at(replace(ONLINE, refused=1))) == "aucun envoi en attente, 1 envoi refusé"


@pytest.mark.parametrize(
    "seconds, says",
    [
        (None, ""),
        (120, ""),
        (-120, ""),
        (121, "l'horloge de ce poste retarde de 2 min"),
        (720, "l'horloge de ce poste retarde de 12 min"),
        (-3 * 3600, "l'horloge de ce poste avance de 3 h"),
        (86_400 * 30, "l'horloge de ce poste retarde de 30 jours"),
    ],
)
def test_a_clock_that_is_wrong_is_said(seconds: float | None, says: str) -> None:
    assert clock_line(at(replace(ONLINE, clock_offset_seconds=seconds))) == says


@pytest.mark.parametrize(
    "done, total, says",
    [(0, 0, "catalogue en cours"), (45, 100, "catalogue 45 %"), (120, 100, "catalogue 100 %")],
)
def test_how_far_a_catalogue_has_come(done: int, total: int, says: str) -> None:
    assert progress(at(replace(ONLINE, catalogue_progress=CatalogueProgress(done, total)))) == says
    assert progress(at(ONLINE)) == ""


FULL = StatusView(
    connection="hors ligne, essai à 11:45",
    work="2 à traiter (F7)",
    outbox="3 envois en attente",
    calls="1 appel en attente (Mme ROUX, 10:42)",
)


def test_the_callers_name_is_left_out_before_anything_is_cut() -> None:
    assert line_of_state(FULL, 118).endswith("1 appel en attente (Mme ROUX, 10:42)")
    short = line_of_state(replace(FULL, connection="en ligne"), 76)
    assert short.endswith("3 envois en attente    1 appel en attente")
    assert cell_len(line_of_state(FULL, 76)) <= 76
    assert line_of_state(FULL, 76).startswith("hors ligne, essai à 11:45    2 à traiter (F7)")


@pytest.mark.parametrize("line", list(Connection))
def test_numbers_that_run_out_are_said_while_central_is_away_and_only_then(line) -> None:
    status = SyncStatus(line, references_left=19, catalogue_version="central-1")
    is_away = line in {Connection.OFFLINE, Connection.UNAUTHORISED}
    said = references_line(at(status))
    assert said == (
        "Plus que 19 numéros de commande sans la centrale : prévenez l'administrateur."
        if is_away
        else ""
    )
    assert references_line(at(replace(status, references_left=20))) == ""


def test_the_last_number_and_none_are_said_too() -> None:
    one = SyncStatus(Connection.OFFLINE, references_left=1, catalogue_version="central-1")
    assert references_line(at(one)).startswith("Plus qu'un numéro de commande")
    none = replace(one, references_left=0)
    assert references_line(at(none)).startswith("Plus de numéro de commande : F8 garde l'appel")
    assert references_line(at(replace(none, catalogue_version=""))) == "", "nothing is known yet"
    assert references_line(at(None)) == ""
    for left in range(REFERENCES_FEW):
        assert cell_len(references_line(at(replace(one, references_left=left)))) <= 78


# --- whatever a status may be ---------------------------------------------------------------

EMPTY = DeskState(Draft(UUID(int=1), AT), Quote())
TRYING = replace(EMPTY, has_trial_prices=True)
CODES = (None, NO_CATALOGUE, "token_expired", "unauthorised", "central_timeout", "catalogue_busy")
PROGRESS = (None, CatalogueProgress(0, 0), CatalogueProgress(45, 100))


def every_status() -> Iterator[SyncStatus]:
    """All that the view tells apart, also what no sync would put together."""
    for line, code, now in product(Connection, CODES, PROGRESS):
        for waiting, refused, offset, next_try in product(
            (0, 2), (0, 1), (None, 900.0), (None, AT)
        ):
            yield SyncStatus(
                line,
                waiting=waiting,
                refused=refused,
                last_error_code=code,
                catalogue_progress=now,
                clock_offset_seconds=offset,
                next_try_at=next_try,
            )


@pytest.mark.parametrize("state", [EMPTY, TRYING], ids=["prices", "prices-for-trying"])
@pytest.mark.parametrize("name", ["", "Jeanne"])
def test_every_status_has_its_words(state: DeskState, name: str) -> None:
    people = SimpleNamespace(is_needed=not name, operator_name=name)
    for status in (None, *every_status()):
        view = status_view(state, SimpleNamespace(sync_status=status, people=people))
        assert view.connection
        assert bool(view.title) is state.has_trial_prices


def test_while_it_connects_it_says_so_in_the_place_of_the_catalogue() -> None:
    connecting = SyncStatus(Connection.CONNECTING)
    assert catalogue_awaited(at(connecting)) == "catalogue attendu, connexion en cours"
