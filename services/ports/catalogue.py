"""The local catalogue: read by the search and the screens, replaced by the sync."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from models.catalogue import Article, Printer
from services.hits import SearchResult


class Catalogue(Protocol):
    """Reads of the local catalogue. Each is local, takes milliseconds, and may be called
    from any thread. All answers of one instance may change when a sync lands: ``version``
    tells.
    """

    @property
    def version(self) -> str: ...

    @property
    def is_demo(self) -> bool: ...

    @property
    def source(self) -> str:
        """URL of the central it came from; "" for the built-in one and one from files."""
        ...

    def search(self, text: str, *, limit: int = 50) -> SearchResult: ...

    def brands(self) -> Sequence[str]:
        """Brands of printers, alphabetical."""
        ...

    def printers(self, brand: str, *, prefix: str = "", limit: int = 50) -> Sequence[Printer]: ...

    def printer(self, printer_id: str) -> Printer | None: ...

    def articles_for(self, printer_id: str) -> Sequence[Article]:
        """What fits, in the order it is read out: makers' by series, colour and capacity,
        packs after their parts, the shop's own last.
        """
        ...

    def articles(self, skus: Iterable[str]) -> Mapping[str, Article]: ...

    def packs_holding(self, skus: Iterable[str]) -> Sequence[Article]:
        """Packs that contain at least one of these."""
        ...

    def cheapest(
        self, *, brands: Sequence[str] = (), skus: Sequence[str] = (), at_least_cents: int = 0
    ) -> Article | None:
        """The cheapest article in stock at that price or above; of those brands and among
        those skus, where any are given.
        """
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class CatalogueChanges:
    """One page of the feed. ``cursor`` asks for the next page; that of the last page
    (``has_more`` False) is the version of the catalogue one then has.
    """

    cursor: str
    after: str | None = None
    """The cursor that this page follows, "" for the first page of a snapshot; None from a
    central that does not say.
    """
    printers: tuple[Printer, ...] = ()
    articles: tuple[Article, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    """Each a printer_id and a sku that fits it."""
    removed_printers: tuple[str, ...] = ()
    removed_skus: tuple[str, ...] = ()
    removed_pairs: tuple[tuple[str, str], ...] = ()
    has_more: bool = False
    is_full: bool = False
    """This page belongs to a snapshot: what is in none of its pages is gone."""
    is_demo: bool = False
    rows_total: int = 0
    """Of a snapshot, all pages together, for a progress bar."""

    @property
    def row_count(self) -> int:
        return len(self.printers) + len(self.articles) + len(self.pairs)

    @property
    def removed_count(self) -> int:
        return len(self.removed_printers) + len(self.removed_skus) + len(self.removed_pairs)


class CatalogueSink(Protocol):
    """Where a catalogue from central lands. Called from the sync thread only. ``source`` says
    which central it is that tells: a feed is never taken up with another one's cursor.
    """

    @property
    def version(self) -> str:
        """Of the catalogue that is in use, "" where there is none."""
        ...

    def has_incoming(self, source: str) -> bool:
        """A snapshot of ``source`` was begun and is not yet switched to."""
        ...

    def take_up(self, source: str) -> str | None:
        """Where the feed of ``source`` is to be taken up: inside a snapshot that was broken
        off, or after the catalogue in use; None: at its beginning. One of which all was here
        but the switch is switched to.
        """
        ...

    def apply(
        self,
        pages: Iterable[CatalogueChanges],
        source: str,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        """Take the pages that follow ``take_up(source)``. Readers see the old catalogue or the
        new one, and keep the old one if ``pages`` or anything else fails.

        Pages of a snapshot are kept as they come, each with its cursor: where ``pages`` ends
        early, by an error or with the process, the next call goes on after the last whole
        one. ``progress`` is told rows done and rows in all, of those before as well. When the
        last has come, the catalogue switches at once. Changes are taken all together or not
        at all. Raises Conflict("catalogue_inconsistent") for pages that do
        not fit together, and Unavailable("central_unclear") for one that does not follow the
        one before.
        """
        ...

    def note_source(self, source: str) -> None:
        """What is in use is what ``source`` has, wherever it came from. Idempotent."""
        ...

    def forget_incoming(self) -> None:
        """What came of a snapshot so far is thrown away. Idempotent."""
        ...
