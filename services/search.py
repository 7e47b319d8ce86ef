"""Finds what people say: printers and cartridges, best first (R4).

Owns the order in which a text is tried and how hits are ranked. Pure but for the index it is
given; how words are taken apart is ``services.query``'s.

A text is read as typed first: every word, then the last one as the beginning of a word.
Where that finds nothing it is read more and more kindly (``services.forgiving``), and what
was understood is told. Work is bounded whatever is typed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import NamedTuple, Protocol

from models.catalogue import Article, Printer
from services.hits import CartridgeHit, Hit, PrinterHit, SearchResult
from services.query import Query, Word, begins_attribute, parse, runs

CANDIDATES = 60
"""How many rows of a kind are looked at before ranking."""

NEIGHBOURS_BELOW = 10
"""With fewer printers than this found, those one digit away are listed after them."""

_PRINTERS_TO_EQUIP = 3
_CAPACITIES = frozenset({"xl", "xxl"})
_EAN_DIGITS = frozenset({8, 12, 13})


class Candidate(NamedTuple):
    """A row the index gave. ``number`` is its place in the best-first order of its kind;
    ``names`` and ``words`` are those of ``services.query.IndexedWords``, with spaces between.
    """

    is_printer: bool
    number: int
    names: str
    words: str
    build: Callable[[], Printer | Article]
    """Makes the domain value; only those that are shown are made. (A tuple and not a
    dataclass: some hundreds are made at every key, at a third of the cost.)
    """

    @property
    def key(self) -> tuple[bool, int]:
        return self.is_printer, self.number


class WordIndex(Protocol):
    """What the search asks of the catalogue. Expressions are FTS5's, of our own making."""

    def printers(self, expression: str, limit: int) -> list[Candidate]: ...
    def articles(self, expression: str, limit: int) -> list[Candidate]: ...
    def articles_for(self, printer: Candidate) -> list[Candidate]: ...
    def by_ean(self, ean13: str) -> list[Candidate]: ...
    def near(self, forms: Collection[str]) -> list[tuple[str, str]]:
        """Rows of form and word, for each word that has one of these shorter forms."""
        ...


class Level(IntEnum):
    """How well a hit answers, best first."""

    NAMED = 0
    """What was typed is its name in full."""
    WORDS = 1
    NAME_BEGINS = 2
    WORD_BEGINS = 3


@dataclass(frozen=True, slots=True)
class Slot:
    """One word of the query and what it may stand for, the likeliest first."""

    meanings: tuple[Word, ...]
    is_open: bool = False
    """It may be the beginning of a word."""

    @property
    def is_attribute(self) -> bool:
        return self.meanings[0].is_attribute

    @property
    def may_be_attribute(self) -> bool:
        return self.is_attribute or (self.is_open and begins_attribute(self.meanings[0].text))


def search(text: str, index: WordIndex, *, limit: int = 50) -> SearchResult:
    """Best first, at most ``limit``. Any text is taken: what cannot be understood finds
    nothing. ``corrected`` is set where nothing was found as typed.
    """
    if hits := _scanned(text, index):
        return SearchResult(text=text, hits=hits[:limit])
    query = parse(text)
    if not query.words:
        return SearchResult(text=text, hits=())
    found, corrected = _understand(query, index)
    return SearchResult(text=text, hits=_hits(found[:limit]), corrected=corrected)


def _understand(query: Query, index: WordIndex) -> tuple[Sequence[Candidate], str | None]:
    from services import forgiving  # noqa: PLC0415 - it builds on this module

    slots = as_typed(query.words, is_open=query.ends_inside_word)
    if found := find(slots, index):
        return [*found, *forgiving.neighbours(slots, found, index)], None
    for reading in forgiving.readings(query, index):
        if found := find(reading, index):
            return found, forgiving.told(reading, found[0])
    return [], None


def as_typed(words: Sequence[Word], *, is_open: bool) -> tuple[Slot, ...]:
    """A slot for each; the last one open, unless it is a colour or the like."""
    last = len(words) - 1
    return tuple(
        Slot(_meanings(word), is_open=is_open and at == last and not word.is_attribute)
        for at, word in enumerate(words)
    )


def _all_of(slots: Sequence[Slot]) -> Sequence[Slot]:
    return slots


def _either_colour(slots: Sequence[Slot]) -> Sequence[Slot]:
    """The same with all colours in one slot: "301 noir et couleur" are two cartridges."""
    colours = [slot for slot in slots if slot.meanings[0].is_colour]
    if len(colours) < 2:  # noqa: PLR2004 - nothing to choose from
        return slots
    either = Slot(tuple(slot.meanings[0] for slot in colours))
    return (*(slot for slot in slots if slot not in colours), either)


def _meanings(word: Word) -> tuple[Word, ...]:
    """Cut where punctuation was typed ("expression-home"), or as if it had not been
    ("MF-C8870").
    """
    glued = replace(word, runs=tuple(runs(word.text)))
    return (word,) if word.is_attribute or glued == word else (word, glued)


def _scanned(text: str, index: WordIndex) -> tuple[Hit, ...]:
    """What a scanner types: nothing but the digits of an EAN-8, UPC-A or EAN-13."""
    digits = text.strip()
    if len(digits) in _EAN_DIGITS and digits.isascii() and digits.isdigit():
        return _hits(index.by_ean(digits.zfill(13)))
    return ()


# --- finding --------------------------------------------------------------------


def find(slots: Sequence[Slot], index: WordIndex) -> list[Candidate]:
    """Candidates for one reading, ranked. Every word must be met, by one thing or, where a
    colour or the like was named, by a printer and what fits it; of several colours one will do
    where nothing has them all.
    """
    return (
        _found(slots, index)
        or _equipped(slots, index, _all_of)
        or _of_either_colour(slots, index)
        or _equipped(slots, index, _either_colour)
        or _named(slots, index)
    )


def _found(slots: Sequence[Slot], index: WordIndex) -> list[Candidate]:
    whole, begun = _tiers(slots)
    met = _look_up(slots, index, is_open=False) if whole else []
    more: list[Candidate] = []
    if begun and len(met) < 2 * CANDIDATES:  # enough of both kinds leaves nothing to add
        known = {candidate.key for candidate in met}
        begins = _look_up(slots, index, is_open=True)
        more = [candidate for candidate in begins if candidate.key not in known]
    return [*rank(slots, met, Level.WORDS), *rank(slots, more, Level.NAME_BEGINS)]


def _of_either_colour(slots: Sequence[Slot], index: WordIndex) -> list[Candidate]:
    """Cartridges only: a printer that is called "Photo" has none of the colours."""
    either = _either_colour(slots)
    if either is slots:
        return []
    return [candidate for candidate in _found(either, index) if not candidate.is_printer]


def _look_up(slots: Sequence[Slot], index: WordIndex, *, is_open: bool) -> list[Candidate]:
    expression = expression_of(slots, is_open=is_open)
    return [*index.printers(expression, CANDIDATES), *index.articles(expression, CANDIDATES)]


def _tiers(slots: Sequence[Slot]) -> tuple[bool, bool]:
    """Whether to look for whole words, and for beginnings: of one letter alone, everybody
    means a beginning.
    """
    is_open = any(slot.is_open for slot in slots)
    is_letter = len(slots) == 1 and slots[0].meanings[0].text.isalpha()
    return not (is_open and is_letter and len(slots[0].meanings[0].text) == 1), is_open


def _equipped(
    slots: Sequence[Slot],
    index: WordIndex,
    reading: Callable[[Sequence[Slot]], Sequence[Slot]],
) -> list[Candidate]:
    """For "xp215 cyan": what fits the printers named and is cyan, then these printers. The
    "photo" of a Stylus Photo asks for no photo ink.
    """
    wanted = [slot for slot in slots if slot.may_be_attribute]
    printers = _named(slots, index) if wanted else []
    articles: dict[tuple[bool, int], Candidate] = {}
    for printer in printers:
        own = printer.words.split()
        asked = reading([slot for slot in wanted if not meaning_met(slot, own)])
        for article in index.articles_for(printer):
            if all(meaning_met(slot, article.words.split()) for slot in asked):
                articles[article.key] = article
    return [*articles.values(), *printers] if articles else []


def _named(slots: Sequence[Slot], index: WordIndex) -> list[Candidate]:
    """The first printers of the words that are no colour or the like, where there are both."""
    named = [slot for slot in slots if not slot.may_be_attribute]
    if not named or len(named) == len(slots):
        return []
    expression = expression_of(named, is_open=False)
    found = rank(named, index.printers(expression, CANDIDATES), Level.WORDS)
    return found[:_PRINTERS_TO_EQUIP]


def expression_of(slots: Iterable[Slot], *, is_open: bool) -> str:
    """FTS5: each slot by one of its meanings. Words are letters and digits only, so that
    nothing typed can be an operator.
    """
    return " AND ".join(
        "(" + " OR ".join(_all_runs(w, is_open and slot.is_open) for w in slot.meanings) + ")"
        for slot in slots
    )


def _all_runs(word: Word, is_open: bool) -> str:  # noqa: FBT001 - private, one call
    quoted = " AND ".join(f'"{run}"' for run in word.runs)
    return f"({quoted}*)" if is_open else f"({quoted})"


# --- ranking --------------------------------------------------------------------


def rank(slots: Sequence[Slot], candidates: Iterable[Candidate], level: Level) -> list[Candidate]:
    """By how well it answers, how near the meaning is, the kind that is meant, then
    best-first order. ``level`` is what all of them are at least.
    """
    is_about_cartridges = any(slot.is_attribute for slot in slots)
    is_plain = all(len(slot.meanings) == 1 for slot in slots)
    as_said = _names_said([slot.meanings[0] for slot in slots])

    def key(candidate: Candidate) -> tuple[int, ...]:
        said, doubt = (as_said, 0) if is_plain else _best_meanings(slots, candidate)
        is_other_kind = candidate.is_printer == is_about_cartridges
        return _level(said, candidate, level), doubt, is_other_kind, candidate.number

    return sorted(candidates, key=key)


def _level(said: Sequence[str], candidate: Candidate, least: Level) -> Level:
    names = f" {candidate.names} "
    if any(f" {name} " in names for name in said):
        return Level.NAMED
    if least is Level.NAME_BEGINS and f" {said[0]}" not in names:
        return Level.WORD_BEGINS
    return least


def _names_said(words: Sequence[Word]) -> tuple[str, ...]:
    """What was typed as one name: in full, without the colour, with the capacity only."""
    return tuple(
        dict.fromkeys(
            (
                "".join(word.text for word in words),
                "".join(word.text for word in words if not word.is_attribute),
                "".join(w.text for w in words if not w.is_attribute or w.text in _CAPACITIES),
            )
        )
    )


def _best_meanings(slots: Sequence[Slot], candidate: Candidate) -> tuple[tuple[str, ...], int]:
    """The names said and how far from what was typed: the place of each meaning, added up."""
    words = candidate.words.split()
    met = [meaning_met(slot, words) or (0, slot.meanings[0]) for slot in slots]
    return _names_said([word for _, word in met]), sum(place for place, _ in met)


def meaning_met(slot: Slot, words: Collection[str]) -> tuple[int, Word] | None:
    """The likeliest meaning, and its place, whose every run is among the words."""
    for place, word in enumerate(slot.meanings):
        *first, last = word.runs
        if any(run not in words for run in first):
            continue
        if last in words or (slot.is_open and any(w.startswith(last) for w in words)):
            return place, word
    return None


def _hits(candidates: Iterable[Candidate]) -> tuple[Hit, ...]:
    return tuple(_hit(candidate.build()) for candidate in candidates)


def _hit(thing: Printer | Article) -> Hit:
    if isinstance(thing, Printer):
        return PrinterHit(thing)
    from models.wording.labels import cartridge_label  # noqa: PLC0415 - French, only for hits

    return CartridgeHit(article=thing, label=cartridge_label(thing.cartridge))
