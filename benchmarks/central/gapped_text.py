"""A text that is made once and filled in a million times."""

from __future__ import annotations

from collections.abc import Mapping


class GappedText:
    """``model`` with gaps where it says the values of ``gaps``, each of which stands in it."""

    def __init__(self, model: str, gaps: Mapping[str, str]) -> None:
        text = model.replace("%", "%%")
        for name, value in gaps.items():
            assert value in text, name
            text = text.replace(value, f"%({name})s")
        self._text = text

    def filled(self, values: Mapping[str, str]) -> str:
        return self._text % values
