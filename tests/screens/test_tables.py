"""Every table of words by the members of an enum has a word for each of them."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted(
    path
    for place in ("screens", "kiosk", "models/wording", "models/read_back.py")
    for path in [ROOT / place, *(ROOT / place).rglob("*.py")]
    if path.suffix == ".py"
)

PARTIAL = {
    "_CONDITIONS": "whoever looks into it asks first whether it is there",
    "_INKS": "black, and what has no colour, is the terminal's own: looked into by get",
    "_RECEIVED": "an order that was never changed has the general words: looked into by get",
    "STEP_KEYS": "steps at which something can be missing",
    "SHORT_KINDS": "an order needs no word for what it is: looked into by get",
}


def tables() -> Iterator[tuple[str, str, type[Enum], set[Enum]]]:
    """File, name, enum and members of each dict that is written out by members."""
    for path in FILES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {
            id(node.value): ast.unparse(
                node.targets[0] if isinstance(node, ast.Assign) else node.target
            )
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign | ast.AnnAssign)
        }
        module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
        for node in ast.walk(tree):
            if isinstance(node, ast.Dict) and (keys := set(members(node, module))):
                yield (
                    str(path.relative_to(ROOT)),
                    names.get(id(node), ""),
                    type(next(iter(keys))),
                    keys,
                )


def members(table: ast.Dict, module: ModuleType) -> Iterator[Enum]:
    """The keys that are members of an enum, as in ``Step.CART`` and ``Step.CART.value``."""
    for key in table.keys:
        if isinstance(key, ast.Attribute) and key.attr == "value":
            key = key.value  # noqa: PLW2901 - the same key
        if isinstance(key, ast.Attribute) and isinstance(key.value, ast.Name):
            found = getattr(getattr(module, key.value.id, None), key.attr, None)
            if isinstance(found, Enum):
                yield found


TABLES = list(tables())


@pytest.mark.parametrize(
    "path, name, enum, keys", TABLES, ids=[f"{path}:{name}" for path, name, _, _ in TABLES]
)
def test_a_table_has_every_member(path: str, name: str, enum: type[Enum], keys: set[Enum]) -> None:
    del path
    if name not in PARTIAL:
        assert keys == set(enum)


def test_the_tables_are_found_and_the_partial_ones_still_are_partial() -> None:
    assert len(TABLES) > 20
    partial = {name for _, name, enum, keys in TABLES if keys != set(enum)}
    assert partial == set(PARTIAL)


@pytest.mark.parametrize("step", [step for _, name, step, _ in TABLES if name == "STEP_KEYS"])
def test_what_can_be_missing_is_at_a_step_with_a_key(step: type[Enum]) -> None:
    """``models.completeness`` names no step but those."""
    source = (ROOT / "models" / "completeness.py").read_text(encoding="utf-8")
    from screens.read_back_view import STEP_KEYS  # noqa: PLC0415 - beside what it is about

    assert {one for one in step if f"Step.{one.name}" in source} <= set(STEP_KEYS)
