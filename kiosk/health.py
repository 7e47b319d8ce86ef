"""Whether this console can work: one finding for each thing that can be wrong.

Reads only: nothing is made, migrated or mended by asking. Each finding says in French what
was seen and, where it is not well, what to do.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TextIO

from kiosk import paths
from kiosk.shop_file import rules_of_shop
from models import wording
from models.errors import KioskError, Unavailable
from services.ports import Central, Clock, Store
from services.sync.status import NO_CATALOGUE

DISK_BYTES_MIN = 50_000_000
DISK_BYTES_COMFORT = 500_000_000
REFERENCES_COMFORT = 50
CLOCK_SLACK = timedelta(minutes=2)
NOT_BEFORE = datetime(2026, 1, 1, tzinfo=UTC)
"""The program is younger than this; a clock that says otherwise was never set."""


NOT_ACCEPTED = {"unauthorised", "token_expired"}


class Level(StrEnum):
    OK = "ok"
    WATCH = "watch"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """``told`` is what was seen, ``todo`` what to do about it, "" where all is well."""

    name: str
    level: Level
    told: str
    todo: str = ""


@dataclass(frozen=True, slots=True)
class Patient:
    """What is looked at. ``open_store`` is called only on a file at this program's version."""

    folder: Path
    stdin: TextIO
    stdout: TextIO
    environ: Mapping[str, str]
    clock: Clock
    open_store: Callable[[Path], Store]
    connect: Callable[[Store], Central | None]
    """The central the console is enrolled at, None where it is at none."""


def examine(patient: Patient) -> Iterator[Finding]:
    """All findings, in the order in which they are best mended."""
    yield _terminal(patient)
    yield _locale(patient.environ)
    yield _folder(patient.folder)
    yield _disk(patient.folder)
    yield _catalogue(paths.catalogue_file(patient.folder))
    console = paths.console_file(patient.folder)
    finding = _console_file(console)
    yield finding
    if finding.level is Level.OK and console.exists():
        with closing(patient.open_store(console)) as store:
            central, offset = _central(patient, store)
            yield _clock(patient.clock, console, offset)
            yield from _orders(store)
            yield from _shop(patient.environ, store)
            yield central
    else:
        yield _clock(patient.clock, console if finding.level is not Level.ERROR else None, None)
        yield Finding("centrale", Level.OK, "console pas encore rattachée (exercice)")


# --- the machine ------------------------------------------------------------------


def _terminal(patient: Patient) -> Finding:
    from kiosk.terminal import unusable_because  # noqa: PLC0415 - only the doctor asks here

    reason = unusable_because(patient.stdin, patient.stdout, patient.environ)
    if reason is None:
        columns, rows = os.get_terminal_size(patient.stdout.fileno())
        return Finding("terminal", Level.OK, f"{columns} × {rows}, UTF-8")
    is_terminal = patient.stdin.isatty() and patient.stdout.isatty()
    level = Level.ERROR if is_terminal else Level.WATCH
    return Finding("terminal", level, "l'écran ne peut pas s'ouvrir ici", reason)


def _locale(environ: Mapping[str, str]) -> Finding:
    from kiosk.terminal import locale_fault, locale_of  # noqa: PLC0415 - only the doctor asks here

    told = locale_of(environ) or "non réglée, prise pour UTF-8"
    fault = locale_fault(environ)
    return Finding("langue", Level.WATCH if fault else Level.OK, told, fault or "")


def _folder(folder: Path) -> Finding:
    if not folder.exists():
        parent = next(up for up in folder.parents if up.exists())
        if os.access(parent, os.W_OK):
            return Finding("dossier", Level.OK, f"{folder} sera créé à la première ouverture")
        return Finding(
            "dossier",
            Level.ERROR,
            f"{folder} ne peut pas être créé",
            f"ouvrez {parent} en écriture",
        )
    if not (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)):
        return Finding(
            "dossier",
            Level.ERROR,
            f"{folder} n'est pas un dossier où écrire",
            "rendez-le accessible, ou choisissez-en un autre par KIOSK_STATE_DIR",
        )
    return _private(folder)


def _private(folder: Path) -> Finding:
    """House rule: 0700, and 0600 for what is in it."""
    open_to_others = [
        path for path in (folder, *sorted(folder.iterdir())) if _is_open_to_others(path)
    ]
    if not open_to_others:
        return Finding("dossier", Level.OK, f"{folder}, à vous seul")
    names = ", ".join(path.name for path in open_to_others)
    return Finding(
        "dossier", Level.WATCH, f"d'autres peuvent lire : {names}", f"chmod -R go= {folder}"
    )


def _is_open_to_others(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except OSError:
        return False  # a journal that was there a moment ago
    return bool(stat.S_IMODE(mode) & 0o077)


def _disk(folder: Path) -> Finding:
    place = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(place).free
    told = f"{free // 1_000_000} Mo libres"
    if free < DISK_BYTES_MIN:
        return Finding("disque", Level.ERROR, told, "libérez de la place avant de vendre")
    if free < DISK_BYTES_COMFORT:
        return Finding("disque", Level.WATCH, told, "libérez de la place")
    return Finding("disque", Level.OK, told)


def _clock(clock: Clock, console: Path | None, offset: float | None) -> Finding:
    """``offset``: how many seconds central's clock is ahead, where it answered. Whatever the file
    says, central's is then the one to be compared with, as on the screen.
    """
    now = clock.now()
    todo = "mettez l'horloge à l'heure (timedatectl) : les promesses de départ en dépendent"
    if now < NOT_BEFORE:
        return Finding("horloge", Level.ERROR, f"{now:%d/%m/%Y %H:%M} UTC", todo)
    if offset is not None and abs(offset) > CLOCK_SLACK.total_seconds():
        return Finding("horloge", Level.ERROR, _off_by(offset), todo)
    last = _last_write(console) if console is not None and console.exists() else None
    if last is not None and now < last - CLOCK_SLACK:
        told = f"elle a reculé : {now:%d/%m/%Y %H:%M} UTC, dernier enregistrement {last:%d/%m/%Y %H:%M} UTC"
        return Finding("horloge", Level.ERROR, told, todo)
    return Finding("horloge", Level.OK, f"{now:%d/%m/%Y %H:%M} UTC")


def _off_by(offset: float) -> str:
    from screens.status_view import how_long  # noqa: PLC0415 - only where it is wrong

    does = "retarde" if offset > 0 else "avance"
    return f"l'horloge de ce poste {does} de {how_long(abs(offset))} sur celle de la centrale"


def _last_write(console: Path) -> datetime | None:
    newest = "SELECT max(at) FROM (SELECT max(at) AS at FROM order_events UNION ALL SELECT max(updated_at) FROM drafts)"
    try:
        with closing(sqlite3.connect(console)) as connection:
            (told,) = connection.execute(newest).fetchone()
    except sqlite3.OperationalError:
        return None  # a file without tables yet
    return datetime.fromisoformat(told).replace(tzinfo=UTC) if told else None


# --- the files ----------------------------------------------------------------------


def _catalogue(path: Path) -> Finding:
    from services.adapters.catalogue_file import CatalogueFile  # noqa: PLC0415 - only here

    name = "catalogue"
    if not path.exists():
        return Finding(name, Level.OK, "le catalogue intégré sera préparé à l'ouverture")
    try:
        with closing(CatalogueFile.open(path)) as catalogue:
            printers, articles, _pairs = catalogue.counts()
            told = f"{printers} imprimantes, {articles} articles, version {catalogue.version}"
            demo = " (démonstration)" if catalogue.is_demo else ""
    except KioskError:
        todo = "il sera refait à l'ouverture ; un catalogue importé est à recharger"
        return Finding(name, Level.WATCH, f"{path.name} est abîmé ou d'un autre format", todo)
    return Finding(name, Level.OK, told + demo)


def _console_file(path: Path) -> Finding:
    from services.adapters.console_file import HEAD, schema_version  # noqa: PLC0415 - only here

    name = "fichier"
    if not path.exists():
        return Finding(name, Level.OK, "sera créé à la première ouverture")
    try:
        version = schema_version(path)
        faults = _integrity(path)
    except Unavailable as error:
        return Finding(name, Level.ERROR, path.name, wording.error_sentence(error))
    except sqlite3.Error:
        version, faults = None, [f"{path.name} ne se lit pas"]
    if faults:
        broken = Unavailable("store_broken", path=str(path))
        return Finding(name, Level.ERROR, faults[0], wording.error_sentence(broken))
    if version != HEAD:
        told = f"version {version or 0}, ce programme écrit la {HEAD}"
        return Finding(name, Level.WATCH, told, "il sera mis à jour à la prochaine ouverture")
    return Finding(name, Level.OK, f"{path.name} intact, version {version}")


def _integrity(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        told = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(5)")]
        orphans = connection.execute("PRAGMA foreign_key_check").fetchall()
    return [line for line in told if line != "ok"] + [f"{row[0]} sans {row[2]}" for row in orphans]


# --- what is owed ---------------------------------------------------------------------


def _orders(store: Store) -> Iterator[Finding]:
    from services.training import is_enrolled, numbers_left  # noqa: PLC0415 - only here

    with store.read() as tx:
        left, waiting, refused = numbers_left(tx), tx.outbox.waiting(), tx.outbox.refused()
        enrolled = is_enrolled(tx.settings)
    yield _references(left)
    told = f"{waiting} commande(s) à envoyer, {refused} refusée(s)"
    if not enrolled:
        yield Finding("envois", Level.OK, "aucun tant que la console n'est pas rattachée")
    elif refused:
        yield Finding(
            "envois", Level.WATCH, told, "« kiosk orders work » dit lesquelles et pourquoi"
        )
    elif waiting:
        yield Finding("envois", Level.WATCH, told, "« kiosk sync --once » les envoie")
    else:
        yield Finding("envois", Level.OK, told)


def _references(left: int) -> Finding:
    told = f"{left} numéros de commande d'avance"
    todo = "« kiosk sync --once » en demande à la centrale"
    if not left:
        return Finding("références", Level.ERROR, told, todo)
    if left < REFERENCES_COMFORT:
        return Finding("références", Level.WATCH, told, todo)
    return Finding("références", Level.OK, told)


def _shop(environ: Mapping[str, str], store: Store) -> Iterator[Finding]:
    """Only at a central: those of practice are invented."""
    from services.shop_rules import differing, kept_rules  # noqa: PLC0415 - only here
    from services.training import is_enrolled  # noqa: PLC0415 - see above

    with store.read() as tx:
        at_central = kept_rules(tx.settings)
        enrolled = is_enrolled(tx.settings)
    try:
        own = rules_of_shop(environ)
    except KioskError as error:
        yield Finding("réglages", Level.ERROR, "ceux de ce poste", wording.error_sentence(error))
        return
    if own is None and at_central is None and enrolled:
        told = "la centrale ne les a pas encore dits : bénéficiaire et IBAN sont inventés"
        todo = "« kiosk sync --once » ; si la centrale est plus ancienne, KIOSK_SHOP sur ce poste"
        yield Finding("réglages", Level.WATCH, told, todo)
    if own is None or at_central is None:
        return
    names = differing(own, at_central)
    if names:
        told = f"KIOSK_SHOP dit autre chose que la centrale : {', '.join(names)}"
        todo = "mettez le même fichier partout, ou retirez KIOSK_SHOP de ce poste"
        yield Finding("réglages", Level.WATCH, told, todo)
    else:
        yield Finding("réglages", Level.OK, "les mêmes que ceux de la centrale")


def _central(patient: Patient, store: Store) -> tuple[Finding, float | None]:
    """And how far its clock is ahead, where it answered."""
    central: Central | None = None
    try:
        central = patient.connect(store)
        if central is None:
            return Finding("centrale", Level.OK, "console pas encore rattachée (exercice)"), None
        with closing(central):
            central.ping()
            has_catalogue = bool(central.catalogue_version())
    except KioskError as error:
        return _no_central(error), central.clock_offset_seconds if central else None
    return _answering(has_catalogue=has_catalogue), central.clock_offset_seconds


def _no_central(error: KioskError) -> Finding:
    told = "elle n'accepte pas cette console" if error.code in NOT_ACCEPTED else ""
    if error.code.startswith("central_certificate_"):
        told = "son certificat n'est pas accepté"
    if told:
        return Finding("centrale", Level.ERROR, told, wording.error_sentence(error))
    todo = "la console continue sans elle et enverra plus tard ; vérifiez le réseau"
    return Finding("centrale", Level.WATCH, "elle ne répond pas", todo)


def _answering(*, has_catalogue: bool) -> Finding:
    if not has_catalogue:
        todo = wording.error_sentence(Unavailable(NO_CATALOGUE))
        return Finding("centrale", Level.WATCH, "elle répond, mais n'a pas de catalogue", todo)
    return Finding("centrale", Level.OK, "elle répond et reconnaît cette console")
