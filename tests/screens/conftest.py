"""A console's folder for each test, copied from one that is made once in a session."""

from __future__ import annotations

from pathlib import Path

import pytest
from console_at_work import fill_template, fresh_folder
from placed_orders import PastCalls, a_busy_morning


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill_template(tmp_path_factory.mktemp("template") / "state")


@pytest.fixture(scope="session")
def busy_template(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A console on which orders were placed this morning, one of each kind."""
    folder = fresh_folder(template, tmp_path_factory.mktemp("busy") / "state")
    past = PastCalls(folder)
    a_busy_morning(past)
    past.close()
    return folder


@pytest.fixture
def busy(busy_template: Path, tmp_path: Path) -> Path:
    return fresh_folder(busy_template, tmp_path / "state")


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Path:
    return fresh_folder(template, tmp_path / "state")
