"""The console of these tests: a file of its own for each, one built-in catalogue for all."""

from __future__ import annotations

import pytest
from console_fixtures import CENTRAL, NOW, CountedIds, StillClock, opened

from services.adapters.catalogue_file import ensure_builtin


@pytest.fixture(scope="session")
def catalogue_path(tmp_path_factory):
    path = tmp_path_factory.mktemp("catalogue") / "catalogue.sqlite3"
    catalogue = ensure_builtin(path, NOW)
    catalogue.note_source(CENTRAL)
    catalogue.close()
    return path


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "console.sqlite3"


@pytest.fixture
def store(path):
    with opened(path) as store:
        yield store


@pytest.fixture
def clock():
    return StillClock()


@pytest.fixture
def ids():
    return CountedIds()
