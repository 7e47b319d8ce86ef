"""Step 4: where the parcel goes; to the customer, or to another person at another address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from textual.widget import Widget

from models.draft import DeliveryEntry, Draft, Step
from models.intake import check_customer, check_delivery
from screens.delivery_view import home_lines
from screens.form_step import FormScreen
from screens.person_fields import (
    ADDRESS_FIELDS,
    NAME_FIELDS,
    PERSON_FIELDS,
    commune_remark,
    entered,
    remarks_of,
    values_of,
)
from screens.widgets.form import Choice, Field, Form, Remark
from screens.widgets.frame import KeyHint
from screens.widgets.plain import Plain
from screens.words import _
from services.desk_state import DeskState

SAME = Field(
    "is_same",
    _("Livrer à"),
    choices=(Choice("same", _("client")), Choice("other", _("autre personne"))),
)
INSTRUCTIONS = Field("instructions", _("Pour le livreur"), limit=70)
"""Colissimo takes 70 characters: door code, dog, hours."""

OTHERS = (*NAME_FIELDS, *ADDRESS_FIELDS)
"""Asked where somebody else receives it."""

FIELDS = (SAME, *OTHERS, INSTRUCTIONS)


class DeliveryScreen(FormScreen):
    """Who receives, and where."""

    STEP = Step.DELIVERY
    NEXT = Step.PAYMENT
    FIRST_FOCUS = "is_same"
    CSS_PATH = "delivery.tcss"

    def compose_middle(self) -> Iterable[Widget]:
        yield Form(FIELDS, sometimes=OTHERS, id="form")
        yield Plain(id="home")

    # --- drawing -----------------------------------------------------------

    def draw(self, state: DeskState) -> None:
        draft, form = state.draft, self.form
        entry = draft.delivery
        form.ask_all(not entry.is_same)
        form.fill(
            values_of(entry.person)
            | {
                "is_same": "same" if entry.is_same else "other",
                "instructions": entry.instructions,
            }
        )
        form.remark(self._remarks(draft))
        self.query_one("#home", Plain).put("\n".join(home_lines(draft)) if entry.is_same else "")

    def _remarks(self, draft: Draft) -> Mapping[str, Remark]:
        payer = check_customer(draft.customer).value
        problems = check_delivery(draft.delivery, payer).problems
        remarks = remarks_of(problems, self.form.passed())
        commune = commune_remark(draft.delivery.person, self.console.postal)
        if commune is not None and not draft.delivery.is_same:
            remarks["city"] = commune
        return remarks

    def keys(self) -> Sequence[KeyHint]:
        if self.focused is not None and self.focused.id == "is_same":
            return (
                KeyHint("1", _("au client")),
                KeyHint("2", _("autre personne")),
                KeyHint(_("Entrée"), _("suite")),
            )
        return (KeyHint(_("Entrée"), _("suite")), KeyHint("↑ ↓", _("champ")))

    # --- what the operator does --------------------------------------------

    def with_field(self, draft: Draft, name: str, value: str) -> Draft:
        return replace(draft, delivery=self._with(draft.delivery, name, value))

    def _with(self, entry: DeliveryEntry, name: str, value: str) -> DeliveryEntry:
        if name == SAME.name:
            return replace(entry, is_same=value == "same")
        if name not in PERSON_FIELDS:
            return replace(entry, instructions=value)
        return replace(entry, person=entered(entry.person, name, value, self.console.postal))
