from __future__ import annotations

import shutil
import threading
from contextlib import closing

import pytest

from kiosk.container import Container, Once
from services.adapters.console_store import ConsoleStore


@pytest.fixture
def folder(tmp_path, catalogue_path):
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    shutil.copy(catalogue_path, folder / "catalogue.sqlite3")
    return folder


def test_what_many_threads_ask_for_is_made_once():
    made = []
    begun = threading.Barrier(5)
    once = Once(lambda: made.append(1) or object())
    answers = []

    def ask():
        begun.wait()
        answers.append(once())

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(made), len(set(answers))) == (1, 1)


def test_what_could_not_be_made_is_tried_again():
    outcomes = iter([OSError("not yet"), "made"])

    def make():
        outcome = next(outcomes)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    once = Once(make)
    with pytest.raises(OSError, match="not yet"):
        once()
    assert once.if_made() is None
    assert once() == "made"


def test_nothing_is_opened_before_it_is_asked_for(tmp_path):
    container = Container(tmp_path / "state")
    assert not container.has_store
    container.close()
    assert not (tmp_path / "state").exists()


def test_opening_the_file_alone_invents_nobody(folder):
    with closing(Container(folder)) as container, container.store.read() as tx:
        assert tx.customers.find("01 99 00") == ()
        assert tx.vouchers.get("BIENVENUE10") is None


def test_a_desk_that_practises_has_people_and_codes(folder):
    with closing(Container(folder)) as container:
        container.open_desk()
        with container.store.read() as tx:
            assert tx.vouchers.get("BIENVENUE10") is not None


def test_a_draft_open_in_one_program_is_shown_as_held_in_another(folder):
    with closing(Container(folder)) as one, closing(Container(folder)) as other:
        desk = one.open_desk()
        draft = desk.new_call().draft
        state = desk.change(draft.at(draft.step, "search"))
        assert state.draft.draft_id == draft.draft_id
        typed = desk.change(type(draft)(draft.draft_id, draft.called_at, search="lc970"))
        assert typed.calls_waiting == ()
        (call,) = other.open_desk().new_call().calls_waiting
        assert (call.draft.search, call.is_held_elsewhere) == ("lc970", True)
    with closing(ConsoleStore.open(folder / "console.sqlite3")) as store, store.read() as tx:
        (call,) = tx.drafts.unfinished()
        assert call.is_held_elsewhere is False
