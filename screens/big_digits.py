"""Digits three lines high, so that a reference is read from across the desk."""

from __future__ import annotations

_SHAPES = {
    "0": ("█▀█", "█ █", "▀▀▀"),
    "1": ("▀█ ", " █ ", "▀▀▀"),
    "2": ("▀▀█", "█▀▀", "▀▀▀"),
    "3": ("▀▀█", " ▀█", "▀▀▀"),
    "4": ("█ █", "▀▀█", "  ▀"),
    "5": ("█▀▀", "▀▀█", "▀▀▀"),
    "6": ("█▀▀", "█▀█", "▀▀▀"),
    "7": ("▀▀█", "  █", "  ▀"),
    "8": ("█▀█", "█▀█", "▀▀▀"),
    "9": ("█▀█", "▀▀█", "▀▀▀"),
    " ": ("  ", "  ", "  "),
}


def big(text: str) -> list[str]:
    """Three lines; ``text`` holds digits and spaces only."""
    return [" ".join(_SHAPES[digit][row] for digit in text) for row in range(3)]
