"""What README and docs say: commands run, and files and make targets that are named exist.

The commands are those of the blocks marked ``sh``; blocks marked ``text`` are not run, because
they open a screen or install something.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from central.settings import ENVIRONMENT
from kiosk.central_server import DATABASE_VARIABLE
from models.reference import is_valid

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md")))
STATE = "/var/lib/kiosk"
"""The folder of a central on a server; its place here is another."""
TYPED = "un mot de passe\n"
"""By whoever gives a command, where they are asked."""
WITH_COMMANDS = (ROOT / "README.md", ROOT / "docs/admin/install.md", ROOT / "docs/admin/central.md")

SHELL_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MAKE_TARGET = re.compile(r"\bmake (?:[A-Z]+=\S+ )?([a-z]+)\b")
LINK = re.compile(r"\]\(([^)#:]+)\)")
OURS = "assets|benchmarks|central|docs|kiosk|migrations|models|screens|services|tests"
FILE = re.compile(rf"`((?:{OURS})/[\w./]*|Makefile|pyproject\.toml)`")
REFERENCE = re.compile(r"\b\d{3}( ?)\d{3}\1\d{3}\b")
SETTING = re.compile(r"\"(KIOSK_[A-Z_]+)\"")

NOT_OF_A_SHOP = re.compile(
    r"/(?:home|root|work|tmp)/|pypi\.|index-url|\bpip\.conf\b|\bassistant\b", re.IGNORECASE
)
"""Paths of one computer, hosts of registries, and talk of how the text came about."""


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An empty folder in which the repository's own files are found as from its root."""
    (tmp_path / "assets").symlink_to(ROOT / "assets")
    (tmp_path / "catalogue").symlink_to(ROOT / "assets/catalogue")
    return tmp_path


@pytest.fixture
def environ(place: Path) -> dict[str, str]:
    """With a fresh state folder, and the ``kiosk`` of this Python before all others."""
    programs = place / "bin"
    programs.mkdir()
    kiosk = programs / "kiosk"
    kiosk.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m kiosk.cli "$@"\n')
    kiosk.chmod(0o755)
    return os.environ | {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "KIOSK_STATE_DIR": str(place / "state"),
    }


def commands(document: Path) -> list[str]:
    blocks = SHELL_BLOCK.findall(document.read_text(encoding="utf-8"))
    return [line for block in blocks for line in block.splitlines() if line.strip()]


@contextmanager
def left_running(command: str, place: Path, environ: dict[str, str]) -> Iterator[None]:
    """A server, from the line with which it says that it listens until the block ends."""
    with subprocess.Popen(
        ["sh", "-c", f"exec {command}"],
        cwd=place,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        assert server.stdout is not None
        try:
            assert "http://127.0.0.1:" in server.stdout.readline()
            yield
        finally:
            server.terminate()


@pytest.mark.timeout(240)
@pytest.mark.parametrize("document", WITH_COMMANDS, ids=name)
def test_every_command_that_is_shown_works(
    document: Path, place: Path, environ: dict[str, str]
) -> None:
    shown = commands(document)
    assert len(shown) >= 5
    with ExitStack() as servers:
        for command in shown:
            if command.startswith("kiosk central serve"):
                servers.enter_context(left_running(command, place, environ))
                continue
            done = subprocess.run(
                ["sh", "-ec", command.replace(STATE, str(place))],
                cwd=place,
                env=environ,
                input=TYPED,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


def test_every_make_target_that_is_named_exists() -> None:
    made = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        target
        for document in DOCS
        for code in re.findall(r"`[^`\n]+`|^make .*$", document.read_text(), re.MULTILINE)
        for target in MAKE_TARGET.findall(code)
    }
    assert {"run", "test", "check", "bench"} <= named <= made


@pytest.mark.parametrize("document", DOCS, ids=name)
def test_every_file_that_is_named_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    linked = {document.parent / link for link in LINK.findall(text)}
    missing = [
        path for path in linked | {ROOT / path for path in FILE.findall(text)} if not path.exists()
    ]
    assert not missing


@pytest.mark.parametrize("document", DOCS, ids=name)
def test_every_reference_that_is_shown_is_one_that_is_understood(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    shown = [found[0].replace(" ", "") for found in REFERENCE.finditer(text)]
    assert [reference for reference in shown if not is_valid(reference)] == []


@pytest.mark.parametrize("document", DOCS, ids=name)
def test_nothing_of_one_computer_is_in_a_document(document: Path) -> None:
    assert NOT_OF_A_SHOP.findall(document.read_text(encoding="utf-8")) == []


def test_every_setting_of_a_central_is_in_the_one_table() -> None:
    sources = [file for folder in ("central", "kiosk") for file in (ROOT / folder).rglob("*.py")]
    read = {name for file in sources for name in SETTING.findall(file.read_text(encoding="utf-8"))}
    page = (ROOT / "docs/admin/central.md").read_text(encoding="utf-8")
    assert read >= {*ENVIRONMENT, DATABASE_VARIABLE}
    assert set(re.findall(r"^\| `(KIOSK_\w+)` \|", page, re.MULTILINE)) == read


@pytest.mark.parametrize("decision", sorted((ROOT / "docs/adr").glob("[0-9]*.md")), ids=name)
def test_a_decision_is_short_and_has_its_three_parts(decision: Path) -> None:
    text = decision.read_text(encoding="utf-8")
    assert text.count("\n") <= 40
    assert re.findall(r"^\*\*(\w+)\.\*\*", text, re.MULTILINE) == ["Context", "Rule", "Consequence"]
