"""Loads a shop's own catalogue from CSV files, all or nothing (R4).

Owns what is right and wrong in such files; each fault is named by file, line and reason.
Writing the catalogue is the caller's ``build``; the words for the reasons are the command's.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import sha256
from io import StringIO
from pathlib import Path

from models.catalogue import (
    Article,
    Capacity,
    Cartridge,
    Colour,
    Offer,
    Printer,
    PrinterKind,
    Technology,
)
from models.errors import DomainError
from services.catalogue_csv import (
    CARTRIDGES,
    COMPATIBILITY,
    HEADERS,
    OFFERS,
    PRINTERS,
    cartridge_of,
    printer_of,
)
from services.demo_shop import demo_offers, ean13_check_digit

PROBLEMS_TOLD = 20
LONGEST_CELL = 200
HIGHEST_NUMBER = 100_000_000

_ROWS_BETWEEN_REPORTS = 5000
_EAN_DIGITS = 13

Progress = Callable[[str, int, int], None]
"""Called now and then with the file, rows done and rows in all."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong where. ``line`` counts from 1, 0 for the file as a whole."""

    file: str
    line: int
    code: str
    value: str = ""


@dataclass(slots=True)
class Problems:
    """The first ones, and how many there are."""

    told: list[Problem] = field(default_factory=list)
    count: int = 0

    def add(self, problem: Problem) -> None:
        self.count += 1
        if len(self.told) < PROBLEMS_TOLD:
            self.told.append(problem)


class CatalogueRefused(DomainError):
    """Something is wrong with the files; the first ``problems``, and the ``count`` of all."""

    def __init__(self, problems: Problems) -> None:
        super().__init__("catalogue_refused", count=problems.count)
        self.problems = tuple(problems.told)
        self.count = problems.count


@dataclass(frozen=True, slots=True)
class ImportedCatalogue:
    """What the files hold, every id known and every cell right."""

    printers: Sequence[Printer]
    articles: Sequence[Article]
    pairs: Sequence[tuple[str, str]]
    demo_price_count: int
    """Articles that had no offer and got an invented one, marked as such."""
    version: str
    """The same files have the same version."""


def read_catalogue(
    folder: Path, *, as_of: datetime, progress: Progress | None = None
) -> ImportedCatalogue:
    """Read printers.csv, cartridges.csv, compatibility.csv and, where there is one, offers.csv.

    Raises CatalogueRefused when anything is wrong.
    """
    reading = _Reading(folder, progress)
    printers = reading.printers()
    cartridges = reading.cartridges()
    pairs = reading.pairs(printers, cartridges)
    offers = reading.offers(cartridges, as_of) if (folder / OFFERS).exists() else {}
    if reading.problems.count:
        raise CatalogueRefused(reading.problems)
    without = [c for c in cartridges.values() if c.sku not in offers]
    offers |= {offer.sku: offer for offer in demo_offers(without, as_of)}
    return ImportedCatalogue(
        printers=tuple(printers.values()),
        articles=tuple(Article(c, offers[c.sku]) for c in cartridges.values()),
        pairs=pairs,
        demo_price_count=len(without),
        version=f"import-{reading.digest.hexdigest()[:16]}",
    )


class _Reading:
    """One pass over the files, gathering what is wrong."""

    def __init__(self, folder: Path, progress: Progress | None) -> None:
        self._folder = folder
        self._progress = progress
        self.problems = Problems()
        self._wrong_ids: set[str] = set()
        self._unread: set[str] = set()
        """Files that hold ids nobody could read."""
        self.digest = sha256()

    # --- files

    def printers(self) -> dict[str, Printer]:
        found: dict[str, Printer] = {}
        for line, row in self._rows(PRINTERS):
            fault = _printer_fault(row) or ("duplicate_id" if row[0] in found else None)
            if self._is_right(PRINTERS, line, fault, row[0]):
                found[row[0]] = printer_of(row)
            else:
                self._wrong_ids.add(row[0])
        return found

    def cartridges(self) -> dict[str, Cartridge]:
        found: dict[str, Cartridge] = {}
        eans: set[str] = set()
        for line, row in self._rows(CARTRIDGES):
            fault, value = _cartridge_fault(row)
            if not fault and row[0] in found:
                fault, value = "duplicate_id", row[0]
            if not fault and row[-1] in eans:
                fault, value = "duplicate_ean", row[-1]
            if self._is_right(CARTRIDGES, line, fault, value):
                found[row[0]] = cartridge_of(row)
                eans |= {row[-1]} - {""}
            else:
                self._wrong_ids.add(row[0])
        return found

    def pairs(
        self, printers: Mapping[str, Printer], cartridges: Mapping[str, Cartridge]
    ) -> list[tuple[str, str]]:
        """Pairs hold the ids of what they join, not copies: 400,000 of them fit in little.
        An id whose own line is wrong was named there already.
        """
        found = []
        for line, (printer_id, sku) in self._rows(COMPATIBILITY):
            printer, cartridge = printers.get(printer_id), cartridges.get(sku)
            if printer is None and self._is_unknown(printer_id, PRINTERS):
                self._add(COMPATIBILITY, line, "unknown_printer", printer_id)
            if cartridge is None and self._is_unknown(sku, CARTRIDGES):
                self._add(COMPATIBILITY, line, "unknown_sku", sku)
            if printer and cartridge:
                found.append((printer.printer_id, cartridge.sku))
        return found

    def offers(self, cartridges: Mapping[str, Cartridge], as_of: datetime) -> dict[str, Offer]:
        found: dict[str, Offer] = {}
        for line, row in self._rows(OFFERS):
            fault, value = _offer_fault(row)
            if not fault and row[0] not in cartridges and self._is_unknown(row[0], CARTRIDGES):
                fault, value = "unknown_sku", row[0]
            if not fault and row[0] in found:
                fault, value = "duplicate_id", row[0]
            if self._is_right(OFFERS, line, fault, value):
                found[row[0]] = _offer_of(row, as_of)
        return found

    # --- lines

    def _is_unknown(self, id_: str, file: str) -> bool:
        """It is in no line of ``file``, not even in a wrong one."""
        return id_ not in self._wrong_ids and file not in self._unread

    def _is_right(self, file: str, line: int, fault: str | None, value: str) -> bool:
        if fault:
            self._add(file, line, fault, value)
        return fault is None

    def _add(self, file: str, line: int, code: str, value: str = "") -> None:
        self.problems.add(Problem(file, line, code, value[:60]))

    def _rows(self, name: str) -> Iterator[tuple[int, list[str]]]:
        """Rows with the right number of printable cells, and their line; blank ones are none."""
        text = self._text(name)
        if text is None:
            self._unread.add(name)
            return
        total = text.count("\n")
        reader = csv.reader(StringIO(text, newline=""), strict=True)
        try:
            if next(reader, []) != list(HEADERS[name]):
                self._unread.add(name)
                self._add(name, 1, "wrong_header", ",".join(HEADERS[name]))
                return
            for row in reader:
                if self._progress and reader.line_num % _ROWS_BETWEEN_REPORTS == 0:
                    self._progress(name, reader.line_num, total)
                if row and self._has_shape(name, reader.line_num, row):
                    yield reader.line_num, row
        except csv.Error:
            self._unread.add(name)
            self._add(name, reader.line_num, "not_csv")

    def _has_shape(self, name: str, line: int, row: list[str]) -> bool:
        if len(row) != len(HEADERS[name]):
            self._wrong_ids.update(row[:1])
            self._add(name, line, "wrong_field_count", f"{len(row)}/{len(HEADERS[name])}")
            return False
        for cell in row:
            if cell and (not cell.isprintable() or len(cell) > LONGEST_CELL):
                self._wrong_ids.add(row[0])
                code = "cell_too_long" if len(cell) > LONGEST_CELL else "not_printable"
                self._add(name, line, code, "".join(ch for ch in cell if ch.isprintable()))
                return False
        return True

    def _text(self, name: str) -> str | None:
        """The file's text; None when something is wrong with all of it."""
        try:
            content = (self._folder / name).read_bytes()
        except OSError as error:
            missing = isinstance(error, FileNotFoundError)
            self._add(name, 0, "missing_file" if missing else "unreadable_file")
            return None
        self.digest.update(name.encode() + content)
        if fault := _fault_of_bytes(content):
            self._add(name, *fault)
            return None
        return content.decode("utf-8-sig")


def _fault_of_bytes(content: bytes) -> tuple[int, str] | None:
    """Line and code of what makes it no text of ours."""
    if not content.strip():
        return 0, "empty_file"
    if (nul := content.find(b"\0")) >= 0:
        return content.count(b"\n", 0, nul) + 1, "nul_byte"
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return content.count(b"\n", 0, error.start) + 1, "not_utf8"
    return None


# --- cells ----------------------------------------------------------------------

_KINDS = frozenset(kind.value for kind in PrinterKind)
_CLOSED = (
    (4, frozenset(colour.value for colour in Colour), "unknown_colour"),
    (5, frozenset(capacity.value for capacity in Capacity), "unknown_capacity"),
    (6, frozenset(technology.value for technology in Technology), "unknown_technology"),
)


def _printer_fault(row: Sequence[str]) -> str | None:
    printer_id, brand, _family, model, kind = row
    if not (printer_id and brand and model):
        return "empty_cell"
    return None if kind in _KINDS else "unknown_kind"


def _cartridge_fault(row: Sequence[str]) -> tuple[str | None, str]:
    sku, brand, series, reference, *_, page_yield, _volume, ean13 = row
    if not (sku and brand and series and reference):
        return "empty_cell", sku
    if " " in sku:
        return "space_in_sku", sku
    for column, allowed, code in _CLOSED:
        if row[column] not in allowed:
            return code, row[column]
    if page_yield and not _is_number(page_yield):
        return "not_a_number", page_yield
    return (None, "") if not ean13 or is_ean13(ean13) else ("bad_ean", ean13)


def _offer_fault(row: Sequence[str]) -> tuple[str | None, str]:
    _sku, price_cents, stock, restock_on = row
    for number in (price_cents, stock):
        if not _is_number(number):
            return "not_a_number", number
    if int(price_cents) == 0:  # a cell nobody filled: the shop gives nothing away
        return "no_price", price_cents
    if restock_on:
        return (None, "") if _is_day(restock_on) else ("not_a_date", restock_on)
    return None, ""


def _is_day(text: str) -> bool:
    """AAAA-MM-JJ and no other of the forms Python takes (20261203, 2026-W49-4)."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10 and int(text) <= HIGHEST_NUMBER  # noqa: PLR2004 - no huge text becomes a number


def is_ean13(text: str) -> bool:
    """Thirteen digits of which the last is the GS1 check digit."""
    digits = text.isascii() and text.isdigit() and len(text) == _EAN_DIGITS
    return digits and ean13_check_digit(text[:-1]) == text[-1]


def _offer_of(row: Sequence[str], as_of: datetime) -> Offer:
    sku, price_cents, stock, restock_on = row
    return Offer(
        sku=sku,
        price_cents=int(price_cents),
        stock=int(stock),
        known_at=as_of.astimezone(UTC),
        restock_on=date.fromisoformat(restock_on) if restock_on else None,
    )
