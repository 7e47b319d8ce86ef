"""The words of the screen: French in the source, other languages by gettext."""

from __future__ import annotations

import gettext
import os
from importlib.resources import files

LANGUAGE = os.environ.get("KIOSK_LANGUAGE", "fr")


def _load(language: str) -> gettext.NullTranslations:
    if language.startswith("fr"):
        return gettext.NullTranslations()
    folder = str(files("assets").joinpath("locale"))
    return gettext.translation("kiosk", folder, languages=[language], fallback=True)


_words = _load(LANGUAGE)
_ = _words.gettext
ngettext = _words.ngettext


def counted(count: int, one: str, many: str) -> str:
    """So many articles: "1 article", "2 articles"; French takes the singular for 0 and 1."""
    if LANGUAGE.startswith("fr"):
        return f"{count} {one if count < 2 else many}"  # noqa: PLR2004 - the rule itself
    return f"{count} {ngettext(one, many, count)}"
