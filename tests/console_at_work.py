"""The whole console under test: the real application on a real folder, worked by keys alone.

What is typed is put into the application's queue at once, as a scanner or a slow line does,
so every test is also one of keys typed ahead. After each burst the file, read by a second
store, holds the call as the screen has it.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pyte
import pytest
from console_fixtures import NOW, CountedIds, StillClock
from textual import events
from textual.geometry import Size
from textual.keys import _character_to_key

from kiosk import paths
from kiosk.app import KioskApp
from kiosk.container import Container
from kiosk.painter import Painter
from models.draft import Draft
from models.order import Order
from screens.step import StepScreen
from screens.widgets.frame import Notice
from services.adapters.console_store import ConsoleStore
from services.sync.status import Connection, SyncStatus

SMALL, LARGE = (80, 24), (120, 40)

_OTHER_NAMES = {"\t": "tab", "\n": "enter"}


class QuietContainer(Container):
    """A console whose sync is silent: what central says is said by the test."""

    def start_sync(self, on_status: Callable[[SyncStatus], None]) -> None:
        """Nothing begins beside the keys."""


def fresh_folder(template: Path, folder: Path) -> Path:
    """A state folder with a catalogue, postcodes and practice data, nothing of it used."""
    shutil.copytree(template, folder, ignore=shutil.ignore_patterns("holders"))
    folder.chmod(0o700)
    return folder


def fill_template(folder: Path) -> Path:
    """What the first start makes: all files of a console, closed again."""
    container = Container(folder, clock=StillClock(), ids=CountedIds())
    container.open_desk()
    assert container.postal.communes("51100")
    container.close()
    return folder


class Operator:
    """Two hands on the keyboard, and two eyes: on the screen and on the file."""

    def __init__(self, app: KioskApp, folder: Path, store: ConsoleStore) -> None:
        self.app = app
        self.folder = folder
        self.store = store

    # --- hands -------------------------------------------------------------

    async def press(self, *keys: str) -> None:
        """Keys by name, or characters (``*"brother 350"``), all typed ahead."""
        await self.press_only(*keys)
        self.assert_on_disk()

    async def press_only(self, *keys: str) -> None:
        """As ``press``, where the file cannot be written or is not this call's."""
        for key in keys:
            self._send(key_event(key))
        await self.settled()

    async def paste(self, text: str) -> None:
        self._send(events.Paste(text))
        await self.settled()
        self.assert_on_disk()

    async def settled(self) -> None:
        """Until everything typed was handled and drawn."""
        await self._passed(self.app.call_later)
        await self._passed(self.app.screen.call_later)
        await self._passed(self.app.screen.call_after_refresh)
        await self._passed(self.app.screen.call_after_refresh)

    async def _passed(self, tell: Callable[[Callable[[], None]], bool]) -> None:
        done = asyncio.Event()
        if tell(done.set):
            await asyncio.wait_for(done.wait(), 20)

    def _send(self, event: events.Event) -> None:
        event.set_sender(self.app)
        self.app.post_message(event)

    # --- eyes on the screen --------------------------------------------------

    @property
    def lines(self) -> list[str]:
        return [strip.text.rstrip() for strip in self.app.screen._compositor.render_strips()]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def focus(self) -> str | None:
        return self.app.focused.id if self.app.focused is not None else None

    @property
    def notice(self) -> str:
        """What stands between the status and the keys: one line, or two as one."""
        count = len(self.app.screen.query_one(Notice).lines(self.app.size.width - 2))
        return " ".join(line.strip() for line in self.lines[-1 - count : -1])

    @property
    def step(self) -> str:
        """The name of the step screen, or of the dialog."""
        return type(self.app.screen).__name__

    def line_with(self, text: str) -> str:
        """The one line of the screen that holds ``text``."""
        found = [line for line in self.lines if text in line]
        assert len(found) == 1, f"{text!r} is on {len(found)} lines:\n{self.text}"
        return found[0].strip()

    def sees(self, *texts: str) -> bool:
        """Whether all of these are on the screen, as words: line ends do not count."""
        for text in texts:
            assert text in self.text, f"{text!r} is not on the screen:\n{self.text}"
        return True

    def on_terminal(self) -> list[str]:
        """What a terminal shows of it, control sequences and all."""
        screen = pyte.Screen(*self.app.size)
        update = self.app._whole_screen()
        painted = Painter(None).paint(update.strips, Size(*self.app.size), None)
        pyte.Stream(screen).feed(painted)
        return [line.rstrip() for line in screen.display]

    # --- eyes on the file ----------------------------------------------------

    @property
    def draft(self) -> Draft:
        return self.app.live.state.draft

    @property
    def saved(self) -> Draft | None:
        """The call in hand as the file has it."""
        with self.store.read() as tx:
            return tx.drafts.get(self.draft.draft_id)

    @property
    def orders(self) -> Sequence[Order]:
        with self.store.read() as tx:
            return [row.order for row in tx.orders.recent()]

    @property
    def waiting(self) -> Sequence[Draft]:
        """The unfinished calls of the file, the newest change first."""
        with self.store.read() as tx:
            return [call.draft for call in tx.drafts.unfinished()]

    def assert_on_disk(self) -> None:
        saved = self.saved
        assert saved == self.draft or (saved is None and self.draft.is_blank)

    # --- what happens around -------------------------------------------------

    async def hears(self, status: SyncStatus) -> None:
        """The sync tells where it stands."""
        self.app.live._sync_changed(status)
        if self.app.live._refreshing is not None:
            await self.app.live._refreshing
        await self.settled()


def layouts_from_now(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The name of each step that is laid out."""
    laid_out: list[str] = []
    lay_out = StepScreen._refresh_layout

    def noted(self: StepScreen, *args: object, **options: object) -> None:
        laid_out.append(type(self).__name__)
        lay_out(self, *args, **options)

    monkeypatch.setattr(StepScreen, "_refresh_layout", noted)
    return laid_out


ONLINE = SyncStatus(Connection.ONLINE, references_left=600)
OFFLINE = SyncStatus(Connection.OFFLINE, waiting=2, references_left=598)


def key_event(key: str) -> events.Key:
    if len(key) > 1:
        return events.Key(key, None)
    return events.Key(_OTHER_NAMES.get(key) or _character_to_key(key), key)


@asynccontextmanager
async def console_at_work(
    folder: Path, *, size: tuple[int, int] = SMALL, ids_from: int = 1000, **given: Any
) -> AsyncIterator[Operator]:
    """The console opened on ``folder``, until its files are open and the first screen is drawn.

    ``given`` goes to the container: ``prepare_store``, ``rules``, another ``clock``.
    """
    given.setdefault("clock", StillClock(NOW))
    container = QuietContainer(folder, ids=CountedIds(ids_from), **given)
    app = KioskApp(container)
    store = ConsoleStore.open(paths.console_file(folder))
    try:
        async with app.run_test(size=size):
            await asyncio.wait_for(app.ready(), 20)
            operator = Operator(app, folder, store)
            await operator.settled()
            yield operator
    finally:
        app.close()
        store.close()


@asynccontextmanager
async def resumed(
    folder: Path, draft: Draft, *, size: tuple[int, int] = SMALL, **given: Any
) -> AsyncIterator[Operator]:
    """The console with ``draft`` taken up again, as after a program that was killed."""
    save(folder, draft)
    async with console_at_work(folder, size=size, **given) as operator:
        await operator.press("enter")
        assert operator.draft.draft_id == draft.draft_id
        yield operator


def save(folder: Path, *drafts: Draft) -> None:
    """Calls that another program left in the file, the last one the newest."""
    store = ConsoleStore.open(paths.console_file(folder))
    for draft in drafts:
        with store.write() as tx:
            tx.drafts.save(draft, at=draft.called_at, holder=None)
    store.close()
