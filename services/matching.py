"""What a reading of a text is, which rows of the index meet it, and which answer it best.

Owns slots, ranking and what is asked of the index. Pure; knows neither how words are taken
apart (``services.query``) nor which readings are tried (``services.search`` and
``services.forgiving``, which both build on this).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import NamedTuple, Protocol

from models.catalogue import Article, Printer
from services.query import Word, begins_attribute, runs

CANDIDATES = 60
"""How many rows of a kind are looked at before ranking."""

_CAPACITIES = frozenset({"xl", "xxl"})


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


def as_typed(words: Sequence[Word], *, is_open: bool) -> tuple[Slot, ...]:
    """A slot for each; the last one open, unless it is a colour or the like."""
    last = len(words) - 1
    return tuple(
        Slot(_meanings(word), is_open=is_open and at == last and not word.is_attribute)
        for at, word in enumerate(words)
    )


def _meanings(word: Word) -> tuple[Word, ...]:
    """Cut where punctuation was typed ("expression-home"), or as if it had not been
    ("MF-C8870").
    """
    glued = replace(word, runs=tuple(runs(word.text)))
    return (word,) if word.is_attribute or glued == word else (word, glued)


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
    """What was typed as one name: in full, without the colour, with the capacity only; each
    also with a brand that was said last in its place ("12a hp").
    """
    texts = [
        [word.text for word in words],
        [word.text for word in words if not word.is_attribute],
        [word.text for word in words if not word.is_attribute or word.text in _CAPACITIES],
    ]
    turned = [[said[-1], *said[:-1]] for said in texts if len(said) > 1 and said[-1].isalpha()]
    return tuple(dict.fromkeys("".join(said) for said in (*texts, *turned)))


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
