from __future__ import annotations

import io
import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from console_fixtures import NOW, StillClock, complete_draft, enrol

from kiosk import cli, paths
from kiosk.health import Level, Patient, examine
from models.errors import Unavailable
from models.shop import ShopRules
from services.adapters.console_store import ConsoleStore
from services.shop_rules import keep_rules


class Answering:
    closed = False

    def __init__(self, version="shop-1", clock_offset_seconds=None):
        self.version = version
        self.clock_offset_seconds = clock_offset_seconds

    def ping(self):
        pass

    def catalogue_version(self):
        return self.version

    def close(self):
        self.closed = True


class Silent(Answering):
    def __init__(self, code, clock_offset_seconds=None):
        super().__init__(clock_offset_seconds=clock_offset_seconds)
        self.code = code

    def ping(self):
        raise Unavailable(self.code)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "state"


@pytest.fixture
def patient(folder):
    return Patient(
        folder=folder,
        stdin=io.StringIO(),
        stdout=io.StringIO(),
        environ={"TERM": "xterm"},
        clock=StillClock(),
        open_store=ConsoleStore.open,
        connect=lambda _store: None,
    )


@pytest.fixture
def used(folder, catalogue_path):
    """A folder that was worked in."""
    with closing(ConsoleStore.open(paths.console_file(folder))) as store:
        with store.write() as tx:
            tx.drafts.save(complete_draft(UUID(int=1)), at=NOW, holder=None)
            keep_rules(tx.settings, ShopRules())
        enrol(store)
    shutil.copy(catalogue_path, paths.catalogue_file(folder))
    paths.catalogue_file(folder).chmod(0o600)
    return folder


def found(patient):
    return {finding.name: finding for finding in examine(patient)}


@pytest.mark.usefixtures("used")
def test_a_folder_that_was_worked_in_is_well(patient):
    findings = found(patient)
    assert {name: one.level for name, one in findings.items()} == {
        "terminal": Level.WATCH,
        "langue": Level.OK,
        "dossier": Level.OK,
        "disque": Level.OK,
        "catalogue": Level.OK,
        "fichier": Level.OK,
        "horloge": Level.OK,
        "références": Level.OK,
        "envois": Level.OK,
        "centrale": Level.OK,
    }
    assert "605 numéros" in findings["références"].told


def test_asking_a_machine_where_nothing_is_makes_nothing(patient, folder):
    assert {one.level for one in examine(patient)} == {Level.OK, Level.WATCH}
    assert not folder.exists()


def test_asking_changes_no_file(patient, used):
    before = {path: path.read_bytes() for path in used.iterdir()}
    found(patient)
    assert {path: path.read_bytes() for path in used.iterdir()} == before


def test_what_others_can_read_is_named(patient, used):
    paths.console_file(used).chmod(0o644)
    finding = found(patient)["dossier"]
    assert finding.level is Level.WATCH
    assert "console.sqlite3" in finding.told
    assert finding.todo == f"chmod -R go= {used}"


def test_a_damaged_file_is_an_error_and_the_rest_is_still_looked_at(patient, used):
    paths.console_file(used).write_bytes(b"not a database, by far" * 200)
    findings = found(patient)
    assert findings["fichier"].level is Level.ERROR
    assert "sauvegarde" in findings["fichier"].todo
    assert findings["horloge"].level is Level.OK
    assert findings["centrale"].level is Level.OK


def test_an_order_without_its_customer_is_damage(patient, used):
    with closing(sqlite3.connect(paths.console_file(used))) as connection, connection:
        connection.execute("INSERT INTO customer_phones VALUES ('4321', 'nobody')")
    finding = found(patient)["fichier"]
    assert (finding.level, finding.told) == (Level.ERROR, "customer_phones sans customers")


@pytest.mark.parametrize(
    "version,level", [("0000", Level.WATCH), ("9999", Level.ERROR)], ids=["older", "newer"]
)
def test_a_file_of_another_version(patient, used, version, level):
    with closing(sqlite3.connect(paths.console_file(used))) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (version,))
    finding = found(patient)["fichier"]
    assert finding.level is level
    assert finding.todo


@pytest.mark.usefixtures("used")
def test_a_clock_that_went_back_is_an_error(patient):
    back = replace(patient, clock=StillClock(NOW - timedelta(minutes=3)))
    assert found(back)["horloge"].level is Level.ERROR
    a_little = replace(patient, clock=StillClock(NOW - timedelta(minutes=1)))
    assert found(a_little)["horloge"].level is Level.OK


def test_a_clock_that_was_never_set_is_an_error(patient):
    never = replace(patient, clock=StillClock(NOW.replace(year=1970)))
    assert found(never)["horloge"].level is Level.ERROR


@pytest.mark.parametrize("make", [Answering, partial(Silent, "unauthorised")])
@pytest.mark.parametrize(
    "offset,told",
    [
        (10_800, "l'horloge de ce poste retarde de 3 h sur celle de la centrale"),
        (-121, "l'horloge de ce poste avance de 2 min sur celle de la centrale"),
        (120, ""),
        (None, ""),
    ],
)
@pytest.mark.usefixtures("used")
def test_a_clock_that_is_not_centrals(patient, make, offset, told):
    central = make(clock_offset_seconds=offset)
    finding = found(replace(patient, connect=lambda _store: central))["horloge"]
    assert finding.level is (Level.ERROR if told else Level.OK)
    assert told in finding.told
    assert bool(finding.todo) == bool(told)


@pytest.mark.parametrize(
    "central,level",
    [
        (Answering(), Level.OK),
        (Answering(version=""), Level.WATCH),
        (Silent("central_unreachable"), Level.WATCH),
        (Silent("unauthorised"), Level.ERROR),
        (Silent("token_expired"), Level.ERROR),
        (Silent("central_certificate_untrusted"), Level.ERROR),
    ],
    ids=["answers", "nothing to sell", "silent", "refuses", "expired", "not trusted"],
)
@pytest.mark.usefixtures("used")
def test_central(patient, central, level):
    finding = found(replace(patient, connect=lambda _store: central))["centrale"]
    assert finding.level is level
    assert bool(finding.todo) == (level is not Level.OK)
    assert central.closed


@pytest.mark.usefixtures("used")
def test_a_central_without_a_catalogue_is_said_with_what_to_do(patient):
    finding = found(replace(patient, connect=lambda _store: Answering(version="")))["centrale"]
    assert finding.told == "elle répond, mais n'a pas de catalogue"
    assert "kiosk catalogue import" in finding.todo


def test_the_last_references_are_an_error(patient, used):
    with closing(ConsoleStore.open(paths.console_file(used))) as store, store.write() as tx:
        for _ in range(tx.references.left() - 1):
            tx.references.take_next()
    assert found(patient)["références"].level is Level.WATCH
    with closing(ConsoleStore.open(paths.console_file(used))) as store, store.write() as tx:
        tx.references.take_next()
    assert found(patient)["références"].level is Level.ERROR


def test_a_full_disk_is_an_error(patient, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(10, 9, 1))
    assert found(patient)["disque"].level is Level.ERROR


def test_the_command_ends_with_1_on_an_error_only(used, monkeypatch, capsys):
    monkeypatch.setenv("KIOSK_STATE_DIR", str(used))
    with closing(ConsoleStore.open(paths.console_file(used))) as store, store.write() as tx:
        tx.settings.put("central_url", "")
    assert cli.main(["doctor", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["level"] for one in told if one["name"] == "fichier"] == ["ok"]
    paths.console_file(used).write_bytes(b"rotten" * 1000)
    assert cli.main(["doctor"]) == 1
    assert "ERREUR  fichier" in capsys.readouterr().out


@pytest.mark.parametrize(
    "environ,level,told",
    [
        ({}, Level.OK, "non réglée, prise pour UTF-8"),
        ({"LANG": "fr_FR.UTF-8"}, Level.OK, "fr_FR.UTF-8"),
        ({"LANG": "fr_FR.UTF-8", "LC_ALL": "C"}, Level.WATCH, "C"),
        ({"LANG": "C", "LC_CTYPE": "fr_FR.utf8"}, Level.OK, "fr_FR.utf8"),
    ],
)
def test_the_language_of_the_terminal(patient, environ, level, told):
    finding = found(replace(patient, environ=environ))["langue"]
    assert (finding.level, finding.told) == (level, told)
    assert ("LC_ALL=" in finding.todo) == (level is Level.WATCH)


def test_a_file_that_goes_while_it_is_looked_at(used, patient):
    (used / "console.sqlite3-journal").symlink_to(used / "gone")
    assert found(patient)["dossier"].level is Level.OK
