"""The composition root: the only place that names concrete adapters.

Owns what a running program has one of: its files, clock, ids, hold on drafts, sync. Each is
opened when it is first asked for, once, from whatever thread; nothing is imported before.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Self, TypeVar
from uuid import UUID

from kiosk import paths
from kiosk.shop_file import rules_of_shop
from models.shop import ShopRules

if TYPE_CHECKING:
    from models.order import Order
    from services.adapters.central_link import CentralLink
    from services.adapters.postal_file import PostalFile
    from services.desk import Desk
    from services.holding import Holder
    from services.placing import Placing
    from services.ports import Catalogue, Clock, Ids, Settings, Store
    from services.postal import PostalCodes
    from services.sign_in import SignIn
    from services.sync.downloads import Aside
    from services.sync.election import Election
    from services.sync.engine import SyncEngine
    from services.sync.live import LiveListener, OnNews
    from services.sync.status import SyncStatus
    from services.sync.thread import SyncThread

T = TypeVar("T")


class Once(Generic[T]):
    """Made by the first who asks; the others wait for it."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._made: list[T] = []

    def __call__(self) -> T:
        with self._lock:
            if not self._made:
                self._made.append(self._make())
            return self._made[0]

    def if_made(self) -> T | None:
        return self._made[0] if self._made else None


class Container:
    """Everything a command or the screen needs, from one folder."""

    def __init__(
        self,
        folder: Path,
        *,
        rules: ShopRules | None = None,
        prepare_store: Callable[[Store], None] | None = None,
        clock: Clock | None = None,
        ids: Ids | None = None,
    ) -> None:
        """``rules`` of its own come before those of central. ``prepare_store`` is called once, when the console's file has been opened; clock
        and ids are the system's where none are given.
        """
        self.folder = folder
        self._own_rules = rules
        self.rules = rules or ShopRules()
        self._prepare_store = prepare_store
        self._sync: SyncThread | None = None
        self._clock: Once[Clock] = Once(_system_clock if clock is None else lambda: clock)
        self._ids: Once[Ids] = Once(_uuid_ids if ids is None else lambda: ids)
        self._holder = Once(self._take_hold)
        self._store = Once(self._open_store)
        self._catalogue = Once(self._open_catalogue)
        self._postal = Once(self._open_postal)
        self._people = Once(self._make_sign_in)

    @classmethod
    def from_environment(cls) -> Self:
        """On the folder that ``kiosk.paths.state_dir`` says, for the shop of ``KIOSK_SHOP``.
        Raises what ``rules_of_shop`` raises.
        """
        return cls(paths.state_dir(), rules=rules_of_shop(os.environ))

    @property
    def clock(self) -> Clock:
        return self._clock()

    @property
    def ids(self) -> Ids:
        return self._ids()

    @property
    def holder(self) -> Holder:
        """The program's own hold on the drafts it has open."""
        return self._holder()

    @property
    def store(self) -> Store:
        """The console's file, made and migrated; raises Unavailable as ``Store`` says."""
        return self._store()

    @property
    def has_store(self) -> bool:
        """Whether this console was ever used."""
        return paths.console_file(self.folder).exists()

    @property
    def catalogue(self) -> Catalogue:
        """The local catalogue; the built-in one where nothing was set up yet."""
        return self._catalogue()

    @property
    def postal(self) -> PostalCodes:
        """Postcodes and communes."""
        return self._postal()

    def take_up_rules(self, settings: Settings) -> ShopRules:
        """The shop's settings from now on: its own, those that central said last, or the
        invented ones. For the beginning of a call, see ``services.desk``.
        """
        from services.shop_rules import kept_rules  # noqa: PLC0415 - after the first paint

        if self._own_rules is None:
            self.rules = kept_rules(settings) or ShopRules()
        return self.rules

    def placing(self, catalogue: Catalogue | None = None) -> Placing:
        """What placing an order needs; without a hold on drafts, as for imports."""
        from models.wire.orders import order_to_wire  # noqa: PLC0415 - pydantic
        from services.placing import Placing  # noqa: PLC0415 - with pydantic

        return Placing(catalogue or self.catalogue, self.clock, self.ids, self.rules, order_to_wire)

    def place(self, draft_id: UUID, *, said_total_cents: int) -> Order:
        """Place a draft that this program holds; see ``services.place_order``."""
        from services.place_order import place_order  # noqa: PLC0415 - after the first paint

        placing = replace(
            self.placing(), holder=self.holder.id, operator_id=self.people.operator_id
        )
        return place_order(draft_id, self.store, placing, said_total_cents=said_total_cents)

    def cancel(self, order_id: UUID, reason: str) -> Order:
        """See ``services.cancel_order``."""
        from models.wire.orders import cancellation_to_wire  # noqa: PLC0415 - pydantic
        from services.cancel_order import cancel_order  # noqa: PLC0415 - after the first paint

        return cancel_order(
            order_id,
            reason,
            store=self.store,
            clock=self.clock,
            ids=self.ids,
            to_wire=cancellation_to_wire,
            operator_id=self.people.operator_id,
        )

    @property
    def people(self) -> SignIn:
        """Who works here, and whether they have to sign in."""
        return self._people()

    def open_desk(self) -> Desk:
        from services.desk import Desk  # noqa: PLC0415 - not needed by the command line

        self.prepare_practice()
        return Desk(
            store=self.store,
            catalogue=self.catalogue,
            clock=self.clock,
            ids=self.ids,
            rules=self.rules,
            holder=self.holder.id,
            place=self.place,
            cancel=self.cancel,
            people=self.people,
            take_up_rules=self.take_up_rules,
        )

    def prepare_practice(self) -> None:
        """People and codes to practise with, where the console is not enrolled. Done by what
        takes orders, not by opening the file: enrolling a new console leaves it clean.
        """
        fill_for_practice(self.store, self.clock)

    def sync_engine(self, catalogue_aside: Aside | None = None) -> SyncEngine:
        """A new engine for one exchange with central; see ``services.sync.engine``."""
        from services.adapters.catalogue_file import CatalogueFile  # noqa: PLC0415 - httpx
        from services.sync.engine import SyncEngine  # noqa: PLC0415 - with the above

        sink = CatalogueFile.open(paths.catalogue_file(self.folder))
        return SyncEngine(
            self.store, sink, self._central_link(), self.clock, catalogue_aside=catalogue_aside
        )

    def _engine_beside_screen(self, election: Election) -> SyncEngine:
        """A whole catalogue is not read in this process, whose interpreter the keys need."""
        from services.adapters.catalogue_process import CatalogueProcess  # noqa: PLC0415 - sync only

        command = (sys.executable, "-m", "kiosk.catalogue_process", str(self.folder))
        return self.sync_engine(CatalogueProcess(command, lambda: election.held))

    def _central_link(self) -> CentralLink:
        from services.adapters.central_link import CentralLink  # noqa: PLC0415 - httpx

        return CentralLink(self.store, paths.central_address_file(self.folder))

    def _live_listener(self, engine: SyncEngine, on_news: OnNews) -> LiveListener:
        """On a line of its own, beside the engine's."""
        from services.sync.live import LiveListener  # noqa: PLC0415 - with the engine

        return LiveListener(engine.events, self._central_link(), on_news)

    def start_sync(self, on_status: Callable[[SyncStatus], None]) -> None:
        """Sync in the background from now on; ``on_status`` is called from that thread."""
        from services.sync.election import Election  # noqa: PLC0415 - after the first paint
        from services.sync.thread import SyncThread  # noqa: PLC0415 - with the above

        election = Election(paths.sync_lock(self.folder))
        self._sync = SyncThread(
            lambda: self._engine_beside_screen(election),
            election,
            self.clock,
            on_status,
            make_live=self._live_listener,
        )
        self._sync.start()

    def send_owed(self) -> None:
        """At once; it does not wait for it."""
        if self._sync is not None:
            self._sync.send()

    def wake_sync(self) -> None:
        """Exchange all there is, at once."""
        if self._sync is not None:
            self._sync.wake()

    def stop_sync(self) -> None:
        """Within a second; does nothing where it was never started."""
        if self._sync is not None:
            self._sync.stop()

    def close(self) -> None:
        """Let go of everything that was opened; the container is not used again."""
        for opened in (self._store.if_made(), self._catalogue.if_made()):
            if opened is not None:
                opened.close()
        holder = self._holder.if_made()
        if holder is not None:
            holder.release()

    # --- making ------------------------------------------------------------

    def _take_hold(self) -> Holder:
        from services.holding import Holder  # noqa: PLC0415 - after the first paint

        return Holder(paths.holders_folder(paths.ensure_folder(self.folder)), self.ids.new())

    def _open_store(self) -> Store:
        from services.adapters.console_store import ConsoleStore  # noqa: PLC0415 - sqlalchemy

        paths.ensure_folder(self.folder)
        store = ConsoleStore.open(paths.console_file(self.folder), own=self.holder.id)
        if self._prepare_store is not None:
            self._prepare_store(store)
        return store

    def _open_catalogue(self) -> Catalogue:
        from services.adapters.catalogue_file import ensure_builtin  # noqa: PLC0415 - sqlite3

        paths.ensure_folder(self.folder)
        return ensure_builtin(paths.catalogue_file(self.folder), self.clock.now())

    def _make_sign_in(self) -> SignIn:
        from services.adapters.central_link import CentralLink  # noqa: PLC0415 - httpx
        from services.adapters.passwords import Argon2Passwords  # noqa: PLC0415 - argon2
        from services.sign_in import SignIn  # noqa: PLC0415 - with the above

        link = CentralLink(self.store, paths.central_address_file(self.folder))
        return SignIn(store=self.store, clock=self.clock, passwords=Argon2Passwords(), central=link)

    def _open_postal(self) -> PostalFile:
        from services.adapters.postal_file import PostalFile  # noqa: PLC0415 - sqlite3

        paths.ensure_folder(self.folder)
        return PostalFile(paths.postal_file(self.folder))


def fill_for_practice(store: Store, clock: Clock) -> None:
    """A console that was never enrolled has invented people and codes to practise with."""
    from services import training  # noqa: PLC0415 - after the first paint

    with store.read() as tx:
        if not training.needs_filling(tx):
            return
    from services.demo_people import demo_customers, demo_vouchers  # noqa: PLC0415 - once

    now = clock.now()
    with store.write() as tx:
        training.fill(tx, demo_customers(now), demo_vouchers(now), now=now)


def _system_clock() -> Clock:
    from services.adapters.system import SystemClock  # noqa: PLC0415 - with the ids

    return SystemClock()


def _uuid_ids() -> Ids:
    from services.adapters.system import UuidIds  # noqa: PLC0415 - see above

    return UuidIds()
