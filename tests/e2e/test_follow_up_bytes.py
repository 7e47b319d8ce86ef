"""Following orders up on a real pty: within the budgets of a slow line, and without colour."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from console_at_work import fill_template
from placed_orders import PastCalls, a_busy_morning

from benchmarks.pty_harness import PtyProgram, clean_environ

pytestmark = pytest.mark.e2e

KIOSK = (sys.executable, "-m", "kiosk.cli")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A console on which orders were placed, more than a screen shows."""
    folder = fill_template(tmp_path_factory.mktemp("busy") / "state")
    past = PastCalls(folder)
    a_busy_morning(past)
    for number in range(20):
        past.answered(past.order(f"Client{number}"))
    past.close()
    return folder


def opened(folder: Path, **environ: str) -> PtyProgram:
    return PtyProgram(KIOSK, environ=clean_environ(KIOSK_STATE_DIR=str(folder), **environ))


def ready(program: PtyProgram) -> None:
    program.wait_for("2 à traiter")
    program.settle(quiet=0.5)


@pytest.fixture
def program(folder: Path) -> Iterator[PtyProgram]:
    with opened(folder) as running:
        ready(running)
        yield running


def pressed(program: PtyProgram, key: str, shows: str) -> int:
    """Bytes from a key until the screen shows what it asked for and is quiet."""
    before = len(program.output)
    program.press(key)
    program.wait_for(shows)
    program.settle()
    return len(program.output) - before


def test_each_kind_of_key_is_within_its_budget(program: PtyProgram) -> None:
    assert pressed(program, "f7", "À traiter  2") <= 4000, "another screen"
    for _ in range(6):
        assert program.press("down").size <= 300, "an arrow"
    for _ in range(20):
        assert program.press("down").size <= 1500, "an arrow that turns the list"
    assert pressed(program, "m", "Rechercher : m") <= 1500, "a list that is filled anew"
    assert pressed(program, "escape", "À traiter  2") <= 2500, "all of it again"
    assert pressed(program, "enter", "Ce qu'il faut dire") <= 4000, "a card"
    assert pressed(program, "escape", "Rechercher :") <= 4000, "back to the list"


def test_nothing_is_written_while_nobody_does_anything(program: PtyProgram) -> None:
    program.press("f7")
    before = len(program.output)
    program.settle(quiet=1.5, first_within=1.5)
    assert len(program.output) == before


def test_without_colour_all_of_it_is_said_in_words(folder: Path) -> None:
    with opened(folder, NO_COLOR="1") as plain:
        ready(plain)
        plain.press("f7")
        assert "refusé : référence déjà prise" in plain.text
        assert "› Mme DUVAL" in plain.text
        plain.press("enter")
        assert "! Prix de LC-970 noir" in plain.text
        codes = set(re.findall(rb"\x1b\[([0-9;]*)m", plain.output))
        assert codes <= {b"", b"1", b"2", b";1", b";2", b"22", b"7", b";7", b"27"}
