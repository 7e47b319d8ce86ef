"""Finds what people say: printers and cartridges, best first (R4).

Owns the order in which a text is tried. Pure but for the index it is given; how words are
taken apart is ``services.query``'s, how hits are ranked ``services.matching``'s.

A text is read as typed first: every word, then the last one as the beginning of a word.
Where that finds nothing it is read more and more kindly (``services.forgiving``), and what
was understood is told. Work is bounded whatever is typed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from models.catalogue import Article, Printer
from services import forgiving
from services.hits import CartridgeHit, Hit, PrinterHit, SearchResult
from services.matching import (
    CANDIDATES,
    Candidate,
    Level,
    Slot,
    WordIndex,
    as_typed,
    expression_of,
    meaning_met,
    rank,
)
from services.query import Query, parse

_PRINTERS_TO_EQUIP = 3
_EAN_DIGITS = frozenset({8, 12, 13})


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
    slots = as_typed(query.words, is_open=query.ends_inside_word)
    if found := find(slots, index):
        return [*found, *forgiving.neighbours(slots, found, index)], None
    for reading in forgiving.readings(query, index):
        if found := find(reading, index):
            return found, forgiving.told(reading, found[0])
    return [], None


def _all_of(slots: Sequence[Slot]) -> Sequence[Slot]:
    return slots


def _either_colour(slots: Sequence[Slot]) -> Sequence[Slot]:
    """The same with all colours in one slot: "301 noir et couleur" are two cartridges."""
    colours = [slot for slot in slots if slot.meanings[0].is_colour]
    if len(colours) < 2:  # noqa: PLR2004 - nothing to choose from
        return slots
    either = Slot(tuple(slot.meanings[0] for slot in colours))
    return (*(slot for slot in slots if slot not in colours), either)


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


def _hits(candidates: Iterable[Candidate]) -> tuple[Hit, ...]:
    return tuple(_hit(candidate.build()) for candidate in candidates)


def _hit(thing: Printer | Article) -> Hit:
    if isinstance(thing, Printer):
        return PrinterHit(thing)
    from models.wording.labels import cartridge_label  # noqa: PLC0415 - French, only for hits

    return CartridgeHit(article=thing, label=cartridge_label(thing.cartridge))
