"""Every code that is raised anywhere has a sentence of its own: found in the source, not listed."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.errors import Rejected
from models.wording import error_sentence

ROOT = Path(__file__).parents[2]
RAISED = frozenset({"DomainError", "Conflict", "Unavailable", "Rejected"})
"""A Defect has one sentence for all: nobody at the console can do anything about it."""


def raised() -> Iterator[tuple[str, str]]:
    """File and code of each error that is made, where the code is written out there, chosen
    between two, or the name of a constant.
    """
    for layer in ("models", "services", "screens", "kiosk", "central"):
        for path in sorted((ROOT / layer).rglob("*.py")):
            name = str(path.relative_to(ROOT))
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and node.args and called(node) in RAISED:
                    yield from ((name, code) for code in codes_in(node.args[0], name))


def called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def codes_in(code: ast.expr, path: str) -> Iterator[str]:
    match code:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=one, orelse=other):
            yield from codes_in(one, path)
            yield from codes_in(other, path)
        case ast.Name(id=name) if name.isupper():
            module = importlib.import_module(path.removesuffix(".py").replace("/", "."))
            yield getattr(module, name)


FOUND = sorted({(code, path) for path, code in raised()})


def test_they_are_found() -> None:
    assert len({code for code, _ in FOUND}) > 80
    assert ("sku_unknown", "central/store/catalogue.py") in FOUND
    assert ("central_without_catalogue", "services/sync/downloads.py") in FOUND


@pytest.mark.parametrize("code, path", FOUND, ids=[f"{code}-{path}" for code, path in FOUND])
def test_a_code_that_is_raised_has_its_sentence(code: str, path: str) -> None:
    assert f"(code {code})" not in error_sentence(Rejected(code)), path
