"""Other ways to read a text that finds nothing as typed.

In this order: words cut or joined elsewhere ("brotherdcp350c", "desk jet", "36 50"), one typo in
each unknown word, one typo in any one word, one word left out. Pure but for the vocabulary of the
index; each reading is tried by ``services.search.find``, which stops at the first that finds
something. Work is bounded by the number of words and the length of each.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice, pairwise

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
from services.query import (
    Query,
    Word,
    cuts,
    nearest_first,
    shorter_forms,
    whole_word,
    word_of,
)

NEIGHBOURS_BELOW = 10
"""With fewer hits than this, printers one digit away are listed after them."""

_MEANINGS = 60
"""How many neighbours of one word are tried at most."""

_ONE_AT_A_TIME = 4
"""How many words are doubted one after the other, and how many left out."""

_LONGEST = 24
_SHORTEST_CUT, _LONGEST_CUT = 5, 20
_SHORTEST_BEGINNING = 4
_SHORTEST_DOUBTED = 3
_SHORTEST_STRAYED = 3
_AS_TYPED = 2
"""A slot with more meanings than that was mended already."""
_SHORTEST_MODEL = 3


class Vocabulary:
    """The part of the catalogue's words that is near to some that were typed."""

    def __init__(self, typed: Iterable[str], index: WordIndex) -> None:
        words = {word for word in typed if 1 < len(word) <= _LONGEST}
        forms = {form for word in words for form in shorter_forms(word)}
        self._by_form: defaultdict[str, list[str]] = defaultdict(list)
        for form, word in index.near(forms):
            self._by_form[form].append(word)

    def knows(self, word: str) -> bool:
        return word in self._by_form.get(word, ())

    def near(self, word: str) -> list[str]:
        """Words one typo away, the likeliest first."""
        found = {other for form in shorter_forms(word) for other in self._by_form.get(form, ())}
        return nearest_first(word, found)


def readings(query: Query, index: WordIndex) -> Iterator[tuple[Slot, ...]]:
    """Slots to try, the kindest reading last."""
    words, is_open = query.words, query.ends_inside_word
    joins = [left.text + right.text for left, right in pairwise(words)]
    vocabulary = Vocabulary([*_texts(words), *joins], index)
    recut = _recut(words, vocabulary, index)
    if recut != words:
        yield as_typed(recut, is_open=is_open)
        yield _mended(recut, Vocabulary(_texts(recut), index), is_open=is_open)
    yield from islice(_one_join(recut, vocabulary, is_open=is_open), _ONE_AT_A_TIME)
    mended = _mended(words, vocabulary, is_open=is_open)
    yield mended
    yield from islice(_one_word_mended(mended, vocabulary), _ONE_AT_A_TIME)
    yield from islice(_one_word_less(mended, vocabulary), _ONE_AT_A_TIME)


def _texts(words: Iterable[Word]) -> list[str]:
    return [text for word in words for text in (word.text, *word.runs)]


def neighbours(
    slots: Sequence[Slot], found: Sequence[Candidate], index: WordIndex
) -> list[Candidate]:
    """Printers whose number is one typo from the one typed, where few were found: the caller
    may have misread it.
    """
    model = next((slot for slot in reversed(slots) if _names_model(slot)), None)
    printers = {candidate.key for candidate in found if candidate.is_printer}
    if model is None or not printers or len(found) >= NEIGHBOURS_BELOW:
        return []
    word = model.meanings[0]
    near = Vocabulary([word.text], index).near(word.text)[:_MEANINGS]
    if not near:
        return []
    reading = [Slot(tuple(map(whole_word, near))) if slot is model else slot for slot in slots]
    others = index.printers(expression_of(reading, is_open=False), CANDIDATES)
    others = [other for other in others if other.key not in printers]
    return rank(reading, others, Level.WORDS)


def _names_model(slot: Slot) -> bool:
    return len(slot.meanings[0].text) >= _SHORTEST_MODEL and _has_digit(slot)


def _has_digit(slot: Slot) -> bool:
    return any(ch.isdigit() for ch in slot.meanings[0].text)


def told(slots: Sequence[Slot], best: Candidate) -> str:
    """The reading in words, as the best hit has them."""
    return " ".join(_said(slot, best) for slot in slots)


def _said(slot: Slot, best: Candidate) -> str:
    words = best.words.split()
    _, meant = meaning_met(slot, words) or (0, slot.meanings[0])
    begun = [word for word in words if word.startswith(meant.text)]
    return min(begun, key=len) if slot.is_open and begun else meant.text


# --- cut elsewhere ---------------------------------------------------------------


def _recut(words: Sequence[Word], vocabulary: Vocabulary, index: WordIndex) -> tuple[Word, ...]:
    """Neighbours joined where the join is a word and one of them is none; unknown words cut
    where all pieces are words.
    """
    rest = list(words)
    done: list[Word] = []
    while rest:
        word = rest.pop(0)
        if rest and _is_split(word, rest[0], vocabulary):
            done.append(whole_word(word.text + rest.pop(0).text))
        elif _is_known(word, vocabulary):
            done.append(word)
        else:
            done.extend(_cut(word, index))
    return tuple(done)


def _one_join(
    words: Sequence[Word], vocabulary: Vocabulary, *, is_open: bool
) -> Iterator[tuple[Slot, ...]]:
    """Two neighbours that are words of their own as the one they may be a half of."""
    for at, (left, right) in enumerate(pairwise(words)):
        if vocabulary.knows(join := left.text + right.text):
            yield as_typed((*words[:at], whole_word(join), *words[at + 2 :]), is_open=is_open)


def _is_split(word: Word, following: Word, vocabulary: Vocabulary) -> bool:
    spelled = len(word.text) == len(following.text) == 1
    if not spelled and all(_is_known(each, vocabulary) for each in (word, following)):
        return False
    return vocabulary.knows(word.text + following.text)


def _cut(word: Word, index: WordIndex) -> list[Word]:
    pieces: list[str] = []
    for run in word.runs:
        pieces.extend(_cut_run(run, index))
    return [word_of(piece) for piece in pieces] if len(pieces) > len(word.runs) else [word]


def _cut_run(run: str, index: WordIndex) -> tuple[str, ...]:
    if not run.isalpha() or not _SHORTEST_CUT <= len(run) <= _LONGEST_CUT:
        return (run,)
    possible = cuts(run)
    pieces = {piece for cut in possible for piece in cut}
    known = {word for form, word in index.near(pieces) if form == word}
    return next((cut for cut in possible if known.issuperset(cut)), (run,))


def _is_known(word: Word, vocabulary: Vocabulary) -> bool:
    if word.is_attribute or vocabulary.knows(word.text):
        return True
    return all(len(run) == 1 or vocabulary.knows(run) for run in word.runs)


# --- one typo --------------------------------------------------------------------


def _mended(words: Sequence[Word], vocabulary: Vocabulary, *, is_open: bool) -> tuple[Slot, ...]:
    """Each unknown word by what it may have been meant to be."""
    return tuple(
        slot if _is_known(word, vocabulary) else _mend(slot, vocabulary)
        for word, slot in zip(words, as_typed(words, is_open=is_open), strict=True)
    )


def _mend(slot: Slot, vocabulary: Vocabulary) -> Slot:
    """The same slot where nothing is near. What is near is a whole word; a word that is still
    growing may have its typo in what is there already.
    """
    word = slot.meanings[0]
    if near := vocabulary.near(word.text):
        return Slot(tuple(map(whole_word, near[:_MEANINGS])))
    if by_run := [*_near_by_run(word, vocabulary), *_without_a_run(word)]:
        return Slot(tuple(by_run[:_MEANINGS]), slot.is_open)
    if slot.is_open and len(word.text) >= _SHORTEST_BEGINNING:
        begun = sorted(shorter_forms(word.text) - {word.text}, reverse=True)
        return Slot(tuple(map(word_of, begun)), is_open=True)
    return slot


def _near_by_run(word: Word, vocabulary: Vocabulary) -> list[Word]:
    """The word with one of its runs mended: "dpc35" is no word's neighbour, its "dpc" is."""
    runs = word.runs
    return [
        word_of("".join((*runs[:at], other, *runs[at + 1 :])))
        for at, run in enumerate(runs)
        if len(runs) > 1 and not vocabulary.knows(run)
        for other in vocabulary.near(run)
    ]


def _without_a_run(word: Word) -> list[Word]:
    """The word with a stray character inside taken out: "brother8mfc6890"."""
    return [
        replace(word, runs=(*word.runs[:at], *word.runs[at + 1 :]))
        for at, run in enumerate(word.runs)
        if len(run) == 1 and len(word.runs) > _SHORTEST_STRAYED
    ]


def _one_word_mended(slots: Sequence[Slot], vocabulary: Vocabulary) -> Iterator[tuple[Slot, ...]]:
    """A typo can make another word: each known word in turn, numbers first."""
    places = [
        at
        for at, slot in enumerate(slots)
        if len(slot.meanings) <= _AS_TYPED and len(slot.meanings[0].text) >= _SHORTEST_DOUBTED
    ]
    for at in sorted(places, key=lambda at: (not _names_model(slots[at]), -at)):
        mended = _mend(slots[at], vocabulary)
        if mended != slots[at]:
            yield (*slots[:at], mended, *slots[at + 1 :])


# --- one word less ---------------------------------------------------------------


def _one_word_less(slots: Sequence[Slot], vocabulary: Vocabulary) -> Iterator[tuple[Slot, ...]]:
    """Without one word, one that means nothing first, then letters before numbers. The only
    number stays: without it, any printer of the brand would do.
    """
    if len(slots) == 1:
        return
    numbers = [at for at, slot in enumerate(slots) if _has_digit(slot)]
    places = [at for at in range(len(slots)) if numbers != [at]]
    for at in sorted(places, key=lambda at: _worth(slots[at], vocabulary)):
        yield (*slots[:at], *slots[at + 1 :])


def _worth(slot: Slot, vocabulary: Vocabulary) -> tuple[bool, bool]:
    return _is_known(slot.meanings[0], vocabulary), _names_model(slot)
