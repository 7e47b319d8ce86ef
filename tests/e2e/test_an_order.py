"""One order by keys alone at 80x24, on a real pty with a real central; killed at every step."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from benchmarks.pty_harness import PtyProgram, clean_environ

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

KIOSK = (sys.executable, "-m", "kiosk.cli")
TODAY = {"TZ": "UTC"}

# What the caller says, step by step: keys, and what then has to be on the screen.
CALL: Sequence[tuple[Sequence[str], str]] = (
    ((*"brother 350",), "DCP-350C"),
    (("enter", "enter"), "1 × LC-970 noir"),
    (("down", "2"), "2 × LC-970 cyan"),
    (("f2", "down", *"noel2026", "enter"), "Le code exact est « Noel2026 »"),
    (("enter",), "46,26 €"),
    (("f3", *"0199001234"), "DUVAL"),
    (("enter",), "client connu"),
    (("f4", "2"), "2 autre personne"),
    (("1", *"Martin", "enter", *"Sophie", "enter"), "Sophie"),
    (("a", *"3 place Royale", "enter", *"3e etage porte gauche", "enter"), "3e etage"),
    (("enter", "enter", *"51000"), "51000"),
    (("f5", "4"), "(•) chèque"),
    (("f6",), "Madame Jeanne DUVAL"),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state"


def demo(folder: Path, *, size: tuple[int, int] = (80, 24)) -> PtyProgram:
    environ = clean_environ(KIOSK_STATE_DIR=str(folder))
    return PtyProgram((*KIOSK, "demo"), size=size, environ=environ)


def kiosk(folder: Path, *words: str) -> str:
    """What a command prints."""
    done = subprocess.run(
        (*KIOSK, *words),
        env=os.environ | {"KIOSK_STATE_DIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def say(program: PtyProgram, steps: Sequence[tuple[Sequence[str], str]]) -> None:
    for keys, seen in steps:
        program.press(*keys)
        program.wait_for(seen)


def read_to_the_end_and_confirm(program: PtyProgram) -> str:
    """Turn the pages, confirm with two Enters; gives the reference on the screen."""
    for _ in range(20):
        if "confirmer la commande" in program.text:
            break
        program.press("enter")
    program.press("enter", "enter")
    program.wait_for("Votre numéro de commande")
    found = re.search(r"^ +(\d{3} \d{3} \d{3})$", program.text, re.MULTILINE)
    assert found is not None, program.text
    return found[1].replace(" ", "")


def assert_the_order(folder: Path, reference: str) -> None:
    (order,) = json.loads(kiosk(folder, "orders", "--json"))
    assert order["reference"] == reference
    assert order["total_cents"] == 4626
    assert order["payment_method"] == "cheque"


@pytest.fixture
def opened(folder: Path) -> Iterator[PtyProgram]:
    with demo(folder) as program:
        program.wait_for("en ligne", within=60)
        yield program


def test_an_order_by_keys_alone_is_seen_at_central(opened: PtyProgram, folder: Path) -> None:
    say(opened, CALL)
    reference = read_to_the_end_and_confirm(opened)
    opened.wait_for("reçue par la centrale", within=20)
    assert_the_order(folder, reference)
    (at_central,) = json.loads(kiosk(folder, "central", "orders", "--json"))
    assert at_central["reference"] == reference
    assert at_central["total_cents"] == 4626


def test_killed_after_every_step_the_call_goes_on_at_the_very_field(folder: Path) -> None:
    program = demo(folder)
    with program:
        program.wait_for("en ligne", within=60)
    for keys, seen in CALL:
        with demo(folder) as program:
            _take_up(program)
            program.press(*keys)
            program.wait_for(seen)
            program.settle(quiet=0.3)  # the turn of the last key is over, the cursor rests
            program.signal(signal.SIGKILL)
            program.wait()
    with demo(folder) as program:
        _take_up(program)
        program.wait_for("Madame Jeanne DUVAL")
        reference = read_to_the_end_and_confirm(program)
        program.signal(signal.SIGKILL)
        program.wait()
    assert_the_order(folder, reference)


def _take_up(program: PtyProgram) -> None:
    """Accept the call that was cut off, if there is one."""
    program.wait_for("Kyocera", within=30)
    program.settle(quiet=0.5)
    if "Appel interrompu" in program.text:
        program.press("enter")
        program.settle(quiet=0.3)


def test_keys_typed_before_the_first_screen_are_not_lost(folder: Path) -> None:
    with demo(folder) as program:
        program.press("d", "c", "p", "3", "5", "0", "c")
        program.wait_for("LC-970", within=30)
        program.wait_for("dcp350c")


def test_an_order_taken_without_central_arrives_once_it_is_back(
    opened: PtyProgram, folder: Path
) -> None:
    _stop_central(folder)
    opened.wait_for("hors ligne", within=30)
    say(opened, CALL)
    reference = read_to_the_end_and_confirm(opened)
    opened.wait_for("1 envoi en attente")
    with PtyProgram(
        (*KIOSK, "central", "serve", "--port", "0"),
        environ=clean_environ(KIOSK_STATE_DIR=str(folder)),
    ):
        opened.wait_for("reçue par la centrale", within=60)
    assert_the_order(folder, reference)


def _stop_central(folder: Path) -> None:
    """End the demo's central, and only it: the process that holds this folder's lock."""
    found = subprocess.run(
        ("pgrep", "-f", f"kiosk.*central.*{folder}"), capture_output=True, text=True, check=False
    )
    pids = [int(pid) for pid in found.stdout.split()]
    assert pids
    for pid in pids:
        os.kill(pid, signal.SIGTERM)
