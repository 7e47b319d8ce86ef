"""One caller's order by keys, from the printer to the text that is read back.

The call that is measured and drawn: a Brother DCP-350C, one black and two cyan, a code typed
in the wrong case, a landline only, the parcel to another person's flat, a cheque.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.pty_harness import PtyProgram


@dataclass(frozen=True, slots=True)
class Said:
    """Keys, and what then has to be on the screen; ``picture`` names a moment worth keeping."""

    keys: Sequence[str]
    seen: str
    picture: str = ""


CALL = (
    Said(tuple("brother 350"), "DCP-350C"),
    Said(("enter", "enter"), "1 × LC-970 noir"),
    Said(("down", "2"), "2 × LC-970 cyan", "step1"),
    Said(("f2", "down", *"noel2026", "enter"), "Le code exact est"),
    Said(("enter",), "46,26 €", "step2"),
    Said(("f3", *"0199001234"), "DUVAL"),
    Said(("enter",), "client connu", "step3"),
    Said(("f4", "2"), "2 autre personne"),
    Said(("1", *"Martin", "enter", *"Sophie", "enter"), "Sophie"),
    Said(("a", *"3 place Royale", "enter", *"3e etage porte gauche", "enter"), "3e etage"),
    Said(("enter", "enter", *"51000"), "51000", "step4"),
    Said(("f5", "4"), "(•) chèque", "step5"),
    Said(("f6",), "Madame Jeanne DUVAL", "step6"),
)


def read_back_and_confirm(program: PtyProgram) -> None:
    """Turn the pages; at the end of the text Enter confirms."""
    while "confirmer la commande" not in program.text:
        program.press("enter")
    program.press("enter")
    program.wait_for("Votre numéro de commande")
