"""A console's folder for each test, copied from one that is made once in a session."""

from __future__ import annotations

from pathlib import Path

import pytest
from console_at_work import fill_template, fresh_folder


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill_template(tmp_path_factory.mktemp("template") / "state")


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Path:
    return fresh_folder(template, tmp_path / "state")
