"""``/v1/enrolments``: the one door without a token."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, Request
from sqlalchemy.engine import Connection

from central.auth import DatabaseOf, SettingsOf
from central.contract import READS_A_BODY, UNGUARDED, problems
from central.database import Database
from central.settings import CentralSettings
from central.store.enrolments import enrol
from central.store.settings import is_demo
from central.throttle import Throttle
from models.errors import Rejected
from models.wire.enrolment import EnrolmentIn, EnrolmentOut
from models.wire.references import BlockOut

router = APIRouter(prefix="/v1", tags=["enrolment"])

GUESSES_MAX = 30
GUESSES_SECONDS = 60.0


@router.post(
    "/enrolments",
    status_code=201,
    responses=problems(
        *UNGUARDED, *READS_A_BODY, "enrolment_refused", "references_exhausted", "too_many_requests"
    ),
)
def enrolment(
    asked: EnrolmentIn, request: Request, database: DatabaseOf, settings: SettingsOf
) -> EnrolmentOut:
    """Become the console that the administrator made this code for.

    While the code is valid, the same code with the same key is answered again, with another
    token: the newest one counts.
    """
    throttle: Throttle = request.app.state.guesses
    place = request.client.host if request.client else ""
    throttle.ensure_open(place)
    try:
        return _enrol(asked, database, settings)
    except Rejected:
        throttle.note_failure(place)
        raise


def _enrol(asked: EnrolmentIn, database: Database, settings: CentralSettings) -> EnrolmentOut:
    lasts = None if settings.token_days is None else timedelta(days=settings.token_days)

    def work(connection: Connection) -> EnrolmentOut:
        done = enrol(connection, asked.code, asked.key, at=settings.now(), token_lasts=lasts)
        return EnrolmentOut(
            console_id=done.console.console_id,
            name=done.console.name,
            token=done.token,
            token_expires_at=done.console.token_expires_at,
            blocks=tuple(BlockOut(first=first, last=last) for first, last in done.blocks),
            is_demo=is_demo(connection),
        )

    return database.run(work)
