"""What happens at central shows on a real terminal by itself, where the operator looks, and the
cursor stays where it is.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from benchmarks.call import CALL, read_back_and_confirm
from benchmarks.pty_harness import PtyProgram, clean_environ
from kiosk.cli import main

pytestmark = pytest.mark.e2e

SOON_SECONDS = 2.5
"""A second on a computer that has other things to do; that the rhythm keeps to it, whatever the
computer does, is held by ``tests/contract/test_sync_takeover.py``.
"""


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KIOSK_STATE_DIR", str(tmp_path / "state"))
    return tmp_path / "state"


def at_central(*words: str) -> None:
    with redirect_stdout(StringIO()):
        assert main(["central", *words]) == 0


@contextmanager
def demo(state: Path) -> Iterator[PtyProgram]:
    """A console that stands at its first step, and can be left in the end."""
    command = (sys.executable, "-m", "kiosk.cli", "demo")
    with PtyProgram(command, environ=clean_environ(KIOSK_STATE_DIR=str(state))) as program:
        program.wait_for("aucun envoi en attente")
        yield program
        program.press("ctrl+q")
        assert program.wait() == 0


def find_an_article(program: PtyProgram) -> object:
    """Where the cursor stands then."""
    program.press("lc970 noir")
    program.wait_for("lc970 noir")
    program.settle()
    return program.cursor


def test_money_and_parcel_show_without_a_key_and_the_cursor_stays(state: Path) -> None:
    with demo(state) as program:
        for said in CALL:
            for key in said.keys:
                program.press(key)
            program.wait_for(said.seen)
        read_back_and_confirm(program)
        program.wait_for("reçue par la centrale")
        program.press("f7")
        program.wait_for("en attente de paiement")
        cursor = program.cursor
        at_central("order", "paid", "100000006")
        program.wait_for("en cours de préparation", within=SOON_SECONDS)
        at_central("order", "dispatched", "100000006", "6A12345678901")
        program.wait_for("expédiée", within=SOON_SECONDS)
        assert program.cursor == cursor


def test_stock_shows_in_what_was_found_without_a_key_and_the_cursor_stays(state: Path) -> None:
    with demo(state) as program:
        cursor = find_an_article(program)
        at_central("stock", "set", "BRO-LC970BK", "777")
        program.wait_for(" 777", within=SOON_SECONDS)
        assert program.cursor == cursor


def test_a_first_operator_and_their_end_show_without_a_key(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with demo(state) as program:
        cursor = find_an_article(program)
        monkeypatch.setattr("sys.stdin", StringIO("trois petits chats\n"))
        at_central("operator", "add", "odile", "Odile")
        program.wait_for("sans opérateur", within=SOON_SECONDS)
        assert program.cursor == cursor
        at_central("operator", "disable", "odile")
        program.settle(first_within=SOON_SECONDS)
        assert "sans opérateur" not in program.text
