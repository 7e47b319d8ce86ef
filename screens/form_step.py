"""What the steps that are a form have in common: each field is part of the draft, Enter goes on.

Owns what follows when something was typed; which part of the draft a field is, and what is said
beside it, is the step's.
"""

from __future__ import annotations

from typing import ClassVar

from textual import on

from models.draft import Draft, Step
from screens.step import StepScreen
from screens.widgets.form import Form


class FormScreen(StepScreen):
    """A step with one ``Form``. Subclasses give ``NEXT`` and ``with_field`` besides."""

    NEXT: ClassVar[Step]
    """Where Enter in the last field leads."""

    @property
    def form(self) -> Form:
        return self.query_one(Form)

    def with_field(self, draft: Draft, name: str, value: str) -> Draft:
        """``draft`` where ``value`` stands in that field of the form."""
        raise NotImplementedError

    def aside(self) -> str:
        return self.form.said_beside or super().aside()

    @on(Form.Changed)
    async def _entered(self, event: Form.Changed) -> None:
        await self.change(lambda draft: self.with_field(draft, event.field, event.value))
        if event.goes_on:
            event.form.go_on()

    @on(Form.Finished)
    async def _finished(self) -> None:
        await self.console.go(self.NEXT)
