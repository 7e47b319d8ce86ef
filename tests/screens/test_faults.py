"""What must hold when something is wrong: the disk, a card number, the thread that writes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from uuid import UUID

import pytest
from console_at_work import console_at_work, resumed
from console_fixtures import complete_draft

from kiosk import presenter
from models import wording
from models.draft import DraftState, Step
from models.errors import Unavailable
from services.adapters.console_store import ConsoleStore
from services.sync.status import Connection, SyncStatus

WHOLE = complete_draft(UUID(int=77))
FULL = "Le disque est plein : libérez de la place, rien n'est perdu."
BUSY = "Le fichier de la console est occupé ; recommencez."


class Disk:
    """Refuses the end of every writing transaction while it ``is_full``."""

    def __init__(self) -> None:
        self.is_full = False

    def __call__(self, store: ConsoleStore) -> None:
        write = store.write

        @contextmanager
        def write_if_room() -> Iterator[object]:
            with write() as tx:
                yield tx
                if self.is_full:
                    raise Unavailable("store_full")

        store.write = write_if_room  # type: ignore[method-assign,assignment]


@pytest.fixture
def disk() -> Disk:
    return Disk()


async def test_a_full_disk_is_said_and_the_next_save_has_all_of_it(folder, disk) -> None:
    draft = WHOLE.at(Step.CUSTOMER, "last_name")
    async with resumed(folder, draft, prepare_store=disk) as operator:
        disk.is_full = True
        await operator.press_only(*"-Roy", "enter", *"X")
        assert operator.notice == FULL
        assert operator.focus == "first_name"
        assert operator.app.screen.query_one("#last_name").value == "Duval-Roy"
        assert operator.saved.customer.person.last_name == "Duval"
        disk.is_full = False
        await operator.press("Y")
        assert FULL not in operator.text
        person = operator.saved.customer.person
        assert (person.last_name, person.first_name) == ("Duval-Roy", "JeanneXY")


async def test_with_a_full_disk_the_cart_still_adds_up(folder, disk) -> None:
    async with resumed(folder, WHOLE.at(Step.CART, "lines"), prepare_store=disk) as operator:
        disk.is_full = True
        await operator.press_only("3")
        assert operator.notice == FULL
        assert operator.sees("5 articles", " 3 × LC-970 noir")
        disk.is_full = False
        await operator.press("f3")
        assert [line.quantity for line in operator.saved.cart.lines] == [3, 2]
        assert operator.notice == ""


async def test_no_reference_is_shown_for_what_is_not_on_disk(folder, disk) -> None:
    async with resumed(folder, WHOLE, prepare_store=disk) as operator:
        for _ in range(20):
            if "confirmer la commande" in operator.text:
                break
            await operator.press("enter")
        disk.is_full = True
        await operator.press_only("enter", "enter")
        assert (operator.step, operator.notice) == ("ReadBackScreen", FULL)
        assert operator.orders == []
        disk.is_full = False
        await operator.press_only("enter")
        assert operator.step == "ConfirmationScreen"
        assert len(operator.orders) == 1


async def test_a_call_that_cannot_be_parked_stays_in_hand(folder, disk) -> None:
    async with resumed(folder, WHOLE, prepare_store=disk) as operator:
        disk.is_full = True
        await operator.press_only("f8", *"x", "enter")
        assert (operator.step, operator.notice) == ("ParkDialog", FULL)
        assert operator.draft.draft_id == WHOLE.draft_id
        disk.is_full = False
        await operator.press("enter")
        assert operator.step == "PrinterScreen"
        assert [(d.state, d.parked_reason) for d in operator.waiting] == [(DraftState.PARKED, "x")]


# --- card numbers (R9) ------------------------------------------------------------

PAN = "4970 1000 0000 0055"
BARE = PAN.replace(" ", "")

PLACES = {
    "search": (Step.PRINTER, "search"),
    "code": (Step.CART, "code"),
    "find": (Step.CUSTOMER, "find"),
    "phone": (Step.CUSTOMER, "phone"),
    "email": (Step.CUSTOMER, "email"),
    "street": (Step.CUSTOMER, "street"),
    "instructions": (Step.DELIVERY, "instructions"),
    "inside": (Step.DELIVERY, "inside"),
}
EMPTY = replace(
    WHOLE,
    customer=replace(WHOLE.customer, phone="", person=replace(WHOLE.customer.person, street="")),
    delivery=replace(
        WHOLE.delivery, instructions="", person=replace(WHOLE.delivery.person, inside="")
    ),
)


def assert_nowhere(folder, *secrets: str) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            for secret in secrets:
                for encoding in ("utf-8", "utf-16-le"):
                    assert secret.encode(encoding) not in content, path.name


@pytest.mark.parametrize("how", ["typed", "pasted"])
async def test_a_card_number_is_masked_in_every_field_and_written_nowhere(folder, how) -> None:
    async with console_at_work(folder) as operator:
        for number, (field, (step, focus)) in enumerate(PLACES.items()):
            operator_draft = replace(EMPTY, draft_id=UUID(int=100 + number)).at(step, focus)
            with operator.store.write() as tx:
                tx.drafts.save(operator_draft, at=operator_draft.called_at, holder=None)
            await operator.app.live.take_up(operator_draft)
            await operator.settled()
            assert operator.focus == field
            if how == "typed":
                await operator.press(*PAN)
            else:
                await operator.paste(f"{PAN[:4]}-{PAN[5:]} 12/28")
            assert "•••• 0055" in operator.app.focused.value
            assert operator.notice.startswith("Numéro de carte masqué")
            assert_nowhere(folder, BARE, PAN, PAN.replace(" ", "-"))
            await operator.press("f8")
            await operator.press("f9", "escape", "escape")
    assert_nowhere(folder, BARE, PAN, PAN.replace(" ", "-"))


async def test_a_card_number_is_no_reason_to_wait_either(folder) -> None:
    async with resumed(folder, WHOLE) as operator:
        await operator.press("f8", *PAN)
        assert operator.app.focused.value == "•••• 0055"
        assert operator.notice.startswith("Numéro de carte masqué")
        await operator.press("enter")
        assert operator.waiting[0].parked_reason == "•••• 0055"
    assert_nowhere(folder, BARE, PAN)


# --- what the sync tells at a bad moment -------------------------------------------------


@pytest.mark.parametrize("what", ["needs_sign_in", "refresh"])
async def test_news_while_the_file_is_busy_end_no_call(folder, monkeypatch, what) -> None:
    def busy(*_: object) -> None:
        raise Unavailable("store_busy")

    async with resumed(folder, WHOLE.at(Step.CUSTOMER, "last_name")) as operator:
        await operator.hears(SyncStatus(Connection.ONLINE))
        with monkeypatch.context() as patched:
            patched.setattr(operator.app.live._desk, what, busy)
            await operator.hears(SyncStatus(Connection.ONLINE, changes=1))
            assert operator.notice == BUSY
        assert (operator.app.is_running, operator.app.return_code) == (True, None)
        await operator.press(*"-Roy", "enter")
        assert operator.saved.customer.person.last_name == "Duval-Roy"


async def test_numbers_that_run_out_are_said_beneath_the_state_of_the_line(folder) -> None:
    few = SyncStatus(Connection.OFFLINE, references_left=7, catalogue_version="central-1")
    says = "Plus que 7 numéros de commande sans la centrale : prévenez l'administrateur."
    async with resumed(folder, WHOLE.at(Step.CUSTOMER, "last_name")) as operator:
        await operator.hears(few)
        assert operator.notice == says
        await operator.press("f1")
        assert operator.notice == says
        await operator.hears(replace(few, connection=Connection.ONLINE))
        assert operator.notice == ""


@pytest.mark.parametrize("code", ["token_expired", "central_timeout", "sign_in_offline_unknown"])
async def test_what_was_said_of_the_line_goes_once_central_answers(folder, code) -> None:
    async with resumed(folder, WHOLE) as operator:
        live = operator.app.live
        await operator.hears(SyncStatus(Connection.UNAUTHORISED, last_error_code=code))
        live.present(Unavailable(code))
        await operator.hears(SyncStatus(Connection.OFFLINE))
        assert operator.notice == wording.error_sentence(Unavailable(code))
        await operator.hears(SyncStatus(Connection.ONLINE))
        assert operator.notice == ""
        live.present(Unavailable("store_full"))
        await operator.hears(SyncStatus(Connection.OFFLINE))
        await operator.hears(SyncStatus(Connection.ONLINE))
        assert operator.notice == FULL


async def test_a_defect_in_what_hears_the_sync_ends_the_program_in_order(
    folder, monkeypatch
) -> None:
    """Raised in the sync's thread it would be lost, and the screen go on with old figures."""
    defect = KeyError("synced")

    def broken(*_: object) -> None:
        raise defect

    async with console_at_work(folder) as operator:
        app = operator.app
        monkeypatch.setattr(app.live.placed, "sync_changed", broken)
        await asyncio.to_thread(app.live._sync_told, SyncStatus(Connection.ONLINE))
        assert app.return_code == presenter.EXIT_DEFECT
        assert app._exit
    trace = (folder / presenter.TRACE_FILE).read_text(encoding="utf-8")
    assert "KeyError" in trace
    assert "_take_news" in trace


async def test_what_is_said_while_news_are_read_stays(folder) -> None:
    async with resumed(folder, WHOLE) as operator:
        live = operator.app.live
        await operator.hears(SyncStatus(Connection.ONLINE))
        async with live._one_change_at_a_time:  # the operator's own change is under way
            live._sync_changed(SyncStatus(Connection.ONLINE, changes=1))
            await operator.settled()
            live.say(BUSY)
        await live._refreshing
        await operator.settled()
        assert operator.notice == BUSY


# --- threads --------------------------------------------------------------------------


class Watch:
    """Notes every transaction that was begun on the event loop's own thread."""

    def __init__(self) -> None:
        self.begun = 0
        self.wrong: list[str] = []

    def __call__(self, store: ConsoleStore) -> None:
        store.read = self._watched(store.read)  # type: ignore[method-assign]
        store.write = self._watched(store.write)  # type: ignore[method-assign]

    def _watched(self, begin: Callable[[], object]) -> Callable[[], object]:
        def watched() -> object:
            self.begun += 1
            if threading.current_thread() is threading.main_thread():
                self.wrong.append(begin.__name__)
            return begin()

        return watched


async def test_no_key_reads_or_writes_the_file_on_the_event_loop(folder) -> None:
    watch = Watch()
    async with resumed(folder, WHOLE.at(Step.PRINTER, "search"), prepare_store=watch) as operator:
        await operator.press(
            *"hp301", "down", "2", "f2", "+", "down", *"noel2026", "enter", "enter"
        )
        await operator.press("f3", *"duval", "enter", "down", "f4", "2", "1", "f5", "4", "s", "f6")
        await operator.press("f8", "escape", "f9", "escape", "f12", "escape", "f3", "ctrl+r")
        await operator.press("f6")
        await operator.press_only(*["enter"] * 20)
        assert len(operator.orders) == 1
        assert watch.begun > 40
        assert watch.wrong == []
