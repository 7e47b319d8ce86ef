"""``/v1/operators`` and ``/v1/sign-ins``"""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from fastapi import APIRouter, Request

from central.auth import DatabaseOf, SettingsOf
from central.contract import GUARDED, READS_A_BODY, problems
from central.database import Database
from central.passwords import Hashing, Passwords
from central.settings import CentralSettings
from central.store.operators import (
    LockRule,
    kept_hash,
    list_operators,
    note_failure,
    note_success,
)
from models.errors import Rejected
from models.wire.operators import OperatorsOut, OperatorWire, SignInIn, SignInOut

router = APIRouter(prefix="/v1", tags=["operators"])


@router.get("/operators", responses=problems(*GUARDED))
def operators(database: DatabaseOf) -> OperatorsOut:
    """Everybody who may sign in at a console, or might once: the disabled ones are named."""
    with database.read() as connection:
        return OperatorsOut(operators=tuple(list_operators(connection)))


@router.post(
    "/sign-ins",
    responses=problems(*GUARDED, *READS_A_BODY, "sign_in_refused", "too_many_requests"),
)
async def sign_in(
    asked: SignInIn,
    request: Request,
    database: DatabaseOf,
    settings: SettingsOf,
) -> SignInOut:
    """Who this login and password are. After some wrong passwords in a row the operator has
    to wait, whoever asks.
    """
    state = request.app.state
    hashing: Hashing = state.hashing
    work = partial(_sign_in, asked, state.passwords, database, settings)
    return SignInOut(
        operator=await hashing.run(work),
        offline_until=settings.now() + timedelta(hours=settings.offline_sign_in_hours),
    )


def _sign_in(
    asked: SignInIn, passwords: Passwords, database: Database, settings: CentralSettings
) -> OperatorWire:
    login, now = asked.login, settings.now()
    with database.read() as connection:
        kept = kept_hash(connection, login, at=now)
    is_right = passwords.is_right(asked.password, kept)
    if kept is None or not is_right:
        rule = LockRule(settings.sign_in_failures_max, settings.sign_in_lock_seconds)
        database.run(lambda connection: note_failure(connection, login, at=now, rule=rule))
        raise Rejected("sign_in_refused")
    renewed = passwords.renewed(asked.password, kept)
    return database.run(
        lambda connection: note_success(connection, login, verified=kept, renewed=renewed, at=now)
    )
