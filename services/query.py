"""How words are taken apart: those of the catalogue and those people type.

Pure. Owns folding (accents, case), runs of letters and digits, colour and capacity words,
stop words and one-typo arithmetic. Knows neither the index nor the ranking.

A model is indexed as its parts, their runs and the joins of neighbours: "DCP-350C" gives
dcp, 350c, 350, c, dcp350c, so that "dcp350c", "dcp 350" and "350c" all meet it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, pairwise

from models.catalogue import Capacity, Cartridge, Colour, Origin, Printer, Technology

MAX_CHARS = 80
MAX_WORDS = 8

COLOUR_WORDS: Mapping[Colour, tuple[str, ...]] = {
    Colour.BLACK: ("noir", "noire", "black", "bk"),
    Colour.CYAN: ("cyan", "bleu", "bleue"),
    Colour.MAGENTA: ("magenta", "rouge", "rose"),
    Colour.YELLOW: ("jaune", "yellow"),
    Colour.TRICOLOUR: ("couleur", "couleurs", "tricolore", "trois", "color", "colour"),
    Colour.PHOTO_BLACK: ("noir", "noire", "photo", "black", "bk"),
    Colour.PHOTO_COLOUR: ("couleur", "couleurs", "photo", "color"),
    Colour.PHOTO_BLUE: ("photo", "bleu", "bleue"),
    Colour.LIGHT_CYAN: ("cyan", "clair", "light"),
    Colour.LIGHT_MAGENTA: ("magenta", "clair", "light"),
    Colour.MATTE_BLACK: ("noir", "noire", "mat", "matte", "black"),
    Colour.GREY: ("gris", "grise", "grey", "gray"),
    Colour.LIGHT_GREY: ("gris", "grise", "clair", "light", "grey"),
    Colour.DARK_GREY: ("gris", "grise", "fonce", "grey"),
    Colour.RED: ("rouge", "red"),
    Colour.GREEN: ("vert", "verte", "green"),
    Colour.BLUE: ("bleu", "bleue", "blue"),
    Colour.ORANGE: ("orange",),
    Colour.GLOSS_OPTIMISER: ("brillant", "gloss", "optimiseur"),
    Colour.BLACK_RED: ("noir", "rouge", "black", "red"),
    Colour.NONE: (),
}
"""Every word a cartridge of this colour answers to; "bleu" is what callers say for cyan."""

CAPACITY_WORDS: Mapping[Capacity, tuple[str, ...]] = {
    Capacity.STANDARD: ("standard",),
    Capacity.XL: ("xl", "haute", "grande"),
    Capacity.XXL: ("xxl", "haute", "grande"),
}
PACK_WORDS = ("pack", "lot", "multipack", "couleurs")
TECHNOLOGY_WORDS: Mapping[Technology, tuple[str, ...]] = {
    Technology.INK: (),
    Technology.TONER: ("toner",),
    Technology.DRUM: ("tambour", "drum"),
    Technology.RIBBON: ("ruban",),
}
SHOP_WORDS = ("compatible", "boutique", "generique")

_SAID_AROUND = """
a alors au aux avec besoin bonjour bouteille bouteilles ca capacite cartouche cartouches ce cela cette cherche chose
de des deux donc du elle en encre encres est euh faut faudrait il imprimante imprimantes je la
le les ma madame marque mon monsieur modele moi no numero ou par plait pour prix quatre que qui reference
ref sa serie si son sur svp type un une vais veux voudrais vous
"""
STOP_WORDS = frozenset(_SAID_AROUND.split())
"""Said around what is meant. Kept where nothing else was said."""

_SAID_FOR: Mapping[str, str] = {"deskjet": "dj", "laserjet": "lj", "officejet": "oj"}
"""How families are said, and written down, by those who type them often."""

_NOT_WORD = re.compile(r"[^a-z0-9]+")
_SPACES = re.compile(r"[\s/,;:+&()]+")
_NUMBERED_SERIES = re.compile(r"(?:[A-Z]+-|T0*)([1-9]\d*)(?:XL|XXL)?")
_ELISION = re.compile(r"\b(?:(?:[cdjlmnst]|qu)['’]|n°)")
_RUN = re.compile(r"[a-z]+|[0-9]+")
_ATTRIBUTES = frozenset(
    word
    for words in (
        *COLOUR_WORDS.values(),
        *CAPACITY_WORDS.values(),
        PACK_WORDS,
        *TECHNOLOGY_WORDS.values(),
        SHOP_WORDS,
    )
    for word in words
)
_COLOURS = frozenset(word for words in COLOUR_WORDS.values() for word in words)
_LIGATURES = str.maketrans({"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "ß": "ss", "×": " "})


# --- words --------------------------------------------------------------------


def fold(text: str) -> str:
    """Lower case without accents."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_LIGATURES))
    return "".join(ch for ch in decomposed if not unicodedata.combining(ch)).lower()


def parts(text: str) -> list[str]:
    """The letters-and-digits pieces of a text, folded: "HL-L2350DW" is hl, l2350dw."""
    return [part for part in _NOT_WORD.split(fold(text)) if part]


def joined(text: str) -> str:
    """All of a text as one word: "PIXMA MG5750" is pixmamg5750."""
    return _NOT_WORD.sub("", fold(text))


def runs(word: str) -> list[str]:
    """Alternating runs of letters and digits: "dcp350c" is dcp, 350, c."""
    return _RUN.findall(word)


# --- words of the catalogue ----------------------------------------------------


@dataclass(frozen=True, slots=True)
class IndexedWords:
    """``names`` are what it is called in full, any of them enough to mean it; ``words``
    everything it answers to.
    """

    names: tuple[str, ...]
    words: tuple[str, ...]


def printer_words(printer: Printer) -> IndexedWords:
    model, brand = joined(printer.model), joined(printer.brand)
    short = model.removeprefix(joined(printer.family)) or model
    return IndexedWords(
        names=_unique((model, short, brand + model, brand + short)),
        words=_unique(
            (
                *_brand_words(printer.brand),
                *_model_words(printer.model),
                *(_SAID_FOR[part] for part in parts(printer.family) if part in _SAID_FOR),
                model,
                short,
            )
        ),
    )


def cartridge_words(cartridge: Cartridge) -> IndexedWords:
    brand = joined(cartridge.brand)
    names = _unique(_cartridge_names(cartridge))
    return IndexedWords(
        names=_unique((*names, *(brand + name for name in names), joined(cartridge.sku))),
        words=_unique(
            (
                *_brand_words(cartridge.brand),
                *_model_words(cartridge.series),
                *_model_words(cartridge.oem_reference),
                *names,
                *_attribute_words(cartridge),
            )
        ),
    )


def _unique(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))


def _brand_words(brand: str) -> list[str]:
    return [*parts(brand), joined(brand)]


def _model_words(text: str) -> Iterator[str]:
    """Parts, their runs, and each join of two neighbours with its runs."""
    pieces = parts(text)
    for piece in pieces:
        yield piece
        yield from runs(piece)
    for left, right in pairwise(pieces):
        yield left + right
        yield from runs(left + right)


def _cartridge_names(cartridge: Cartridge) -> Iterator[str]:
    """Series and reference, each with its capacity said too, and the bare number of a
    series that has letters: people say "une 970" for LC-970 and "711" for T0711.
    """
    suffix = "" if cartridge.capacity is Capacity.STANDARD else cartridge.capacity.value
    texts = (*_series_of(cartridge), cartridge.oem_reference)
    for text in texts:
        name = joined(text)
        yield name
        if suffix and not name.endswith(suffix):
            yield name + suffix
    for text in texts:
        if numbered := _NUMBERED_SERIES.fullmatch(text):
            yield numbered.group(1) + suffix


def _series_of(cartridge: Cartridge) -> tuple[str, ...]:
    """Of the series PGI-525/CLI-526 the half that the reference is of; a pack is of both."""
    halves = tuple(cartridge.series.split("/"))
    own = tuple(half for half in halves if cartridge.oem_reference.startswith(half))
    return halves if cartridge.is_pack else own or halves


def _attribute_words(cartridge: Cartridge) -> Iterator[str]:
    yield from COLOUR_WORDS[cartridge.colour]
    yield from CAPACITY_WORDS[cartridge.capacity]
    yield from TECHNOLOGY_WORDS[cartridge.technology]
    if cartridge.is_pack:
        yield from PACK_WORDS
    if cartridge.origin is Origin.SHOP:
        yield from SHOP_WORDS


# --- words that were typed -----------------------------------------------------


@dataclass(frozen=True, slots=True)
class Word:
    """One word as typed between spaces, punctuation taken out: "DCP-350C" is dcp350c."""

    text: str
    runs: tuple[str, ...]
    is_attribute: bool = False
    """A colour, a capacity, "pack": what kind of cartridge, not which."""

    @property
    def is_colour(self) -> bool:
        return self.text in _COLOURS


@dataclass(frozen=True, slots=True)
class Query:
    """What was typed, without the words that say nothing."""

    words: tuple[Word, ...]
    ends_inside_word: bool
    """The last word may still be growing: nothing was typed after it."""

    @property
    def named(self) -> tuple[Word, ...]:
        """The words that name a thing: all but colours and the like."""
        return tuple(word for word in self.words if not word.is_attribute)

    @property
    def attributes(self) -> tuple[Word, ...]:
        return tuple(word for word in self.words if word.is_attribute)

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)


def parse(text: str) -> Query:
    """At most MAX_WORDS words from the first MAX_CHARS characters; never raises."""
    kept = _ELISION.sub(" ", fold(text[:MAX_CHARS]))
    chunks = list(_spelled_joined(chunk for chunk in _SPACES.split(kept) if parts(chunk)))
    said = [
        chunk for before, chunk in pairwise(("", *chunks)) if not _is_said_around(before, chunk)
    ]
    said = said or chunks
    words = tuple(word_of(chunk) for chunk in said[:MAX_WORDS])
    inside = bool(chunks) and not kept[-1:].isspace() and joined(chunks[-1]) == words[-1].text
    return Query(words=words, ends_inside_word=inside)


def _spelled_joined(chunks: Iterable[str]) -> Iterator[str]:
    """Letters and digits said one by one are one word: "m g 5 7 5 0" is mg5750."""
    for is_spelled, some in groupby(chunks, lambda chunk: len(joined(chunk)) == 1):
        if is_spelled:
            yield "".join(joined(chunk) for chunk in some)
        else:
            yield from some


def _is_said_around(before: str, chunk: str) -> bool:
    """Says nothing; "et" only after a colour or the like, for it begins many an Epson's name."""
    word = joined(chunk)
    return word in STOP_WORDS or (word == "et" and singular_attribute(joined(before)) is not None)


def word_of(chunk: str) -> Word:
    """The word a piece of text makes, however it is punctuated."""
    text = joined(chunk)
    pieces = tuple(run for part in parts(chunk) for run in runs(part))
    attribute = singular_attribute(text)
    return Word(attribute or text, (attribute,) if attribute else pieces, attribute is not None)


def whole_word(text: str) -> Word:
    """A word of the catalogue's own vocabulary: it is met as it is, not run by run."""
    return Word(text, (text,), is_attribute=text in _ATTRIBUTES)


def singular_attribute(word: str) -> str | None:
    """The colour, capacity or kind word this is, plural or not; None for any other word."""
    if word in _ATTRIBUTES:
        return word
    singular = word.removesuffix("s")
    return singular if singular in _ATTRIBUTES and len(singular) > 2 else None  # noqa: PLR2004


def begins_attribute(text: str) -> bool:
    """At least two letters that a colour, a capacity or a kind begins with."""
    return len(text) > 1 and any(word.startswith(text) for word in _ATTRIBUTES)


# --- one typo ------------------------------------------------------------------


def shorter_forms(word: str) -> set[str]:
    """The word and all that is left of it with one character out.

    Two words at distance one share at least one such form (symmetric delete), so that a
    handful of look-ups finds every neighbour.
    """
    return {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}


def is_one_typo_apart(left: str, right: str) -> bool:
    """Optimal string alignment distance of exactly one: one character substituted, missing
    or too much, or two neighbours swapped.
    """
    if left == right or abs(len(left) - len(right)) > 1:
        return False
    start = _common_prefix(left, right)
    rest, other = left[start:], right[start:]
    if len(rest) == len(other):
        swapped = len(rest) > 1 and rest[:2] == other[1::-1] and rest[2:] == other[2:]
        return swapped or rest[1:] == other[1:]
    return rest[1:] == other if len(rest) > len(other) else rest == other[1:]


def _common_prefix(left: str, right: str) -> int:
    at = 0
    for mine, theirs in zip(left, right, strict=False):
        if mine != theirs:
            break
        at += 1
    return at


def nearest_first(word: str, others: Iterable[str]) -> list[str]:
    """Those one typo apart, a swap and look-alikes of sight before the rest."""
    near = [other for other in others if is_one_typo_apart(word, other)]
    return sorted(near, key=lambda other: (_unlikeliness(word, other), other))


def _unlikeliness(word: str, other: str) -> int:
    if _as_seen(word) == _as_seen(other):
        return 0
    return 1 if sorted(word) == sorted(other) else 2


@lru_cache(maxsize=1024)
def _as_seen(word: str) -> str:
    return word.translate(_SEEN_ALIKE)


_SEEN_ALIKE = str.maketrans({"o": "0", "i": "1", "l": "1", "s": "5", "b": "8", "z": "2"})


def cuts(word: str) -> list[tuple[str, ...]]:
    """All ways to read one word as two or three of at least two characters, then as two with
    one character between them that does not belong there.
    """
    ends = range(2, len(word) - 1)
    in_two = [(word[:cut], word[cut:]) for cut in ends]
    in_three = [
        (word[:cut], word[cut:end], word[end:]) for cut in ends for end in ends if end > cut + 1
    ]
    around = [(word[:cut], word[cut + 1 :]) for cut in ends if cut < len(word) - 2]
    return [*in_two, *in_three, *around]
