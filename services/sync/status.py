"""What the sync tells the rest of the program: where it stands, as immutable values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.ports import Transaction

NO_CATALOGUE = "central_without_catalogue"
"""Error code of a run that did all the rest: central answers, and has nothing to sell."""

HOLDER_SILENT = "sync_holder_silent"
"""Error code of what is heard of another program here that has the seat and says no more how it
stands: nobody sends until it goes on, or is ended.
"""

DOWNLOADS = "downloads"
"""Setting that counts what came down: other programs on this host see that it did."""


def note_download(tx: Transaction) -> None:
    """Something came down in this transaction."""
    tx.settings.put(DOWNLOADS, str(int(tx.settings.get(DOWNLOADS) or 0) + 1))


class Connection(StrEnum):
    CONNECTING = "connecting"
    """Since this program began, no exchange has come to its end: nobody knows yet."""
    ONLINE = "online"
    OFFLINE = "offline"
    UNAUTHORISED = "unauthorised"
    """Central answers, but does not accept this console's token."""
    NOT_ENROLLED = "not_enrolled"
    """This console was never introduced to a central."""


@dataclass(frozen=True, slots=True)
class CatalogueProgress:
    """Rows of the catalogue received so far; ``rows_total`` is 0 where it is not known."""

    rows_done: int
    rows_total: int


@dataclass(frozen=True, slots=True)
class SyncStatus:
    """For the status line. ``waiting`` items are still to be confirmed by central, ``refused``
    ones it will not take; ``work`` items need a person.
    """

    connection: Connection
    waiting: int = 0
    refused: int = 0
    references_left: int = 0
    last_contact_at: datetime | None = None
    last_error_code: str | None = None
    catalogue_progress: CatalogueProgress | None = None
    catalogue_version: str = ""
    """Changes when a new catalogue has landed."""
    work: int = 0
    changes: int = 0
    """Moves whenever orders, work, customers, codes or catalogue changed in the files of this
    console, whichever program did it: what is shown of them is to be read again. Of this
    program alone; only that it moves has a meaning.
    """
    is_live: bool = False
    """Central tells what happens as it happens; otherwise it is asked now and then."""
    next_try_at: datetime | None = None
    """When central is asked again after a failure, by itself; None while all is well."""
    clock_offset_seconds: float | None = None
    """How far central's clock is ahead of this computer's; None where it was never told."""

    def has_tried_since(self, before: SyncStatus) -> bool:
        """Whether an exchange has come to its end, well or not, since it stood as ``before``."""
        mine, its = (
            (one.last_contact_at, one.next_try_at, one.last_error_code) for one in (self, before)
        )
        return mine != its


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What one run did. ``error_code`` says what went wrong, if anything did: where
    ``is_cut_short`` it ended the run, and ``retry_after_seconds`` is what central asked for with
    it; else it was about one item or part, and all the rest was done.
    """

    connection: Connection
    sent: int = 0
    differences: int = 0
    refused: int = 0
    still_waiting: int = 0
    refused_in_all: int = 0
    references_left: int = 0
    customers: int = 0
    catalogue_version: str = ""
    is_catalogue_new: bool = False
    error_code: str | None = None
    is_cut_short: bool = False
    work: int = 0
    changes: int = 0
    """See ``SyncStatus.changes``."""
    retry_after_seconds: float | None = None
    clock_offset_seconds: float | None = None
    unread: int = 0
    """Rows that central has in words of a newer version: they were left out here."""

    @property
    def is_complete(self) -> bool:
        """Central was reached and nothing waits any more."""
        return self.connection is Connection.ONLINE and not self.still_waiting
