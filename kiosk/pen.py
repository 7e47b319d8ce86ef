"""How a cell is drawn: the attributes and colours of a style, and the shortest SGR from one to the next.

Owns the translation of Rich styles to ECMA-48 "select graphic rendition". Knows no grid, no
cursor and no widget.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from rich.color import Color, ColorSystem
from rich.style import Style

_ATTRIBUTES = (
    ("bold", "1", "22"),
    ("dim", "2", "22"),
    ("italic", "3", "23"),
    ("underline", "4", "24"),
    ("underline2", "21", "24"),
    ("blink", "5", "25"),
    ("reverse", "7", "27"),
    ("conceal", "8", "28"),
    ("strike", "9", "29"),
    ("overline", "53", "55"),
)
"""Rich's name, the code that switches it on, the code that switches it off (ECMA-48, 8.3.117)."""

_OFF = {on: off for _, on, off in _ATTRIBUTES}
_SEEN_ON_BLANKS = frozenset({"4", "21", "7", "9", "53"})


class Pen(NamedTuple):
    """What SGR can say of a cell. Empty colours are the terminal's own."""

    attributes: tuple[str, ...] = ()
    foreground: str = ""
    background: str = ""

    def on_blank(self) -> Pen:
        """The least pen with which a space looks the same."""
        if not _SEEN_ON_BLANKS.isdisjoint(self.attributes):
            return self
        return Pen(background=self.background) if self.background else PLAIN


PLAIN = Pen()


@lru_cache(maxsize=4096)
def pen_of(style: Style | None, colours: ColorSystem) -> Pen:
    """The pen for a style in as many colours as the terminal has. Links are not drawn."""
    if style is None:
        return PLAIN
    attributes = tuple(on for name, on, _ in _ATTRIBUTES if getattr(style, name))
    return Pen(
        attributes,
        _colour_codes(style.color, colours, is_foreground=True),
        _colour_codes(style.bgcolor, colours, is_foreground=False),
    )


def _colour_codes(colour: Color | None, colours: ColorSystem, *, is_foreground: bool) -> str:
    if colour is None or colour.is_default:
        return ""
    return ";".join(colour.downgrade(colours).get_ansi_codes(is_foreground))


@lru_cache(maxsize=4096)
def change(old: Pen, new: Pen) -> str:
    """The shortest sequence after which the terminal draws with ``new``."""
    if old == new:
        return ""
    return min(_sgr(_from_reset(new)), _sgr(_from(old, new)), key=len)


def _from_reset(new: Pen) -> list[str]:
    codes = [code for code in (*new.attributes, new.foreground, new.background) if code]
    return ["", *codes] if codes else []


def _from(old: Pen, new: Pen) -> list[str]:
    off = {_OFF[code] for code in old.attributes if code not in new.attributes}
    on = [code for code in new.attributes if code not in old.attributes or _OFF[code] in off]
    codes = [*sorted(off), *on]
    if old.foreground != new.foreground:
        codes.append(new.foreground or "39")
    if old.background != new.background:
        codes.append(new.background or "49")
    return codes


def _sgr(codes: list[str]) -> str:
    return f"\x1b[{';'.join(codes)}m"
