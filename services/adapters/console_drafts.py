"""Drafts in the console's file, and who may change which."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Row, bindparam, select, update

from models.draft import Draft, DraftState
from models.errors import Conflict, DomainError, Unavailable
from models.tables.console import drafts
from services.adapters.stored_forms import dump, load_draft
from services.adapters.upserts import upsert
from services.holding import Holders
from services.ports import DraftSummary

SAVE = upsert(drafts)
GET = select(drafts.c.body).where(drafts.c.draft_id == bindparam("draft_id"))
WHOSE = select(drafts.c.state, drafts.c.holder).where(drafts.c.draft_id == bindparam("draft_id"))

UNFINISHED = (DraftState.OPEN.value, DraftState.PARKED.value)


class ConsoleDrafts:
    """``services.ports.Drafts``. ``own`` is the holder this store works for, if any."""

    def __init__(self, connection: Connection, holders: Holders, own: str | None) -> None:
        self._connection = connection
        self._holders = holders
        self._own = own

    def save(self, draft: Draft, *, at: datetime, holder: str | None) -> None:
        self._refuse_if_not_ours(draft.draft_id, holder)
        values = {
            "draft_id": draft.draft_id,
            "state": draft.state.value,
            "is_blank": int(draft.is_blank),
            # Only an open call is held: parked, anyone may take it up.
            "holder": holder if draft.state is DraftState.OPEN else None,
            "updated_at": at,
            "body": dump(draft),
        }
        self._connection.execute(SAVE, values)

    def get(self, draft_id: UUID) -> Draft | None:
        body = self._connection.execute(GET, {"draft_id": draft_id}).scalar_one_or_none()
        return None if body is None else load_draft(body)

    def unfinished(self) -> Sequence[DraftSummary]:
        rows = self._connection.execute(
            select(drafts)
            .where(drafts.c.state.in_(UNFINISHED), drafts.c.is_blank == 0)
            .order_by(drafts.c.updated_at.desc(), drafts.c.draft_id.desc())
        )
        return tuple(self._summaries(rows.all()))

    def _summaries(self, rows: Sequence[Row[tuple[object, ...]]]) -> Iterator[DraftSummary]:
        for row in rows:
            try:
                draft = load_draft(row.body)
            except Unavailable:
                continue  # stays in the file for the program that wrote it; doctor names it
            yield DraftSummary(draft, row.updated_at, self._is_held_by_other(row.holder, self._own))

    def take(self, draft_id: UUID, *, holder: str, at: datetime) -> Draft:
        self._refuse_if_not_ours(draft_id, holder)
        draft = self.get(draft_id)
        if draft is None:
            raise DomainError("draft_unknown", draft_id=str(draft_id))
        taken = draft.taken_up(at)
        self._connection.execute(
            update(drafts)
            .where(drafts.c.draft_id == draft_id)
            .values(state=taken.state.value, holder=holder, updated_at=at, body=dump(taken))
        )
        return taken

    def _refuse_if_not_ours(self, draft_id: UUID, holder: str | None) -> None:
        row = self._connection.execute(WHOSE, {"draft_id": draft_id}).first()
        if row is None:
            return
        if row.state == DraftState.PLACED.value:
            raise Conflict("draft_placed", draft_id=str(draft_id))
        if self._is_held_by_other(row.holder, holder or self._own):  # None lets go of our own
            raise Conflict("draft_taken", draft_id=str(draft_id))

    def _is_held_by_other(self, holder: str | None, own: str | None) -> bool:
        return holder not in {None, own} and self._holders.is_alive(str(holder))
