"""What may be imported before the first frame is shown (budget of the brief)."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from benchmarks.pty_harness import PtyProgram, clean_environ

pytestmark = pytest.mark.e2e

HEAVY = {
    "sqlalchemy",
    "httpx",
    "fastapi",
    "reportlab",
    "phonenumbers",
    "alembic",
    "pydantic",
    "holidays",
    "email_validator",
}
UP_TO_THE_FIRST_FRAME = """
import json, pathlib, sys
from kiosk.app import KioskApp
from kiosk.cli import main

def first_frame(app):
    roots = sorted({name.partition(".")[0] for name in sys.modules})
    pathlib.Path(sys.argv[1]).write_text(json.dumps(roots))
    app.exit()

KioskApp.post_display_hook = first_frame
main(["demo"])
"""


def test_nothing_heavy_is_imported_before_the_first_frame(tmp_path: Path) -> None:
    told = tmp_path / "modules.json"
    command = (sys.executable, "-c", UP_TO_THE_FIRST_FRAME, str(told))
    environ = clean_environ(KIOSK_STATE_DIR=str(tmp_path / "state"))
    with PtyProgram(command, environ=environ) as program:
        program.wait(within=30)
    imported = set(json.loads(told.read_text()))
    assert {"textual", "screens", "kiosk"} <= imported
    assert imported & HEAVY == set()
