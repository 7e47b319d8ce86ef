"""Step 6: the order read aloud, page by page; at the end of it Enter confirms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual import on
from textual.widget import Widget

from models.completeness import Completeness, check_order
from models.draft import Step
from models.errors import Unavailable
from screens.read_back_view import first_gap, held_lines, missing_lines, spoken_lines
from screens.status_view import catalogue_awaited
from screens.step import StepScreen
from screens.widgets.frame import KeyHint
from screens.widgets.page import Page
from screens.words import _
from services.desk_state import DeskState


class ReadBackScreen(StepScreen):
    """What is read to the caller before it counts."""

    STEP = Step.READ_BACK
    FIRST_FOCUS = "text"
    CSS_PATH = "read_back.tcss"

    def compose_middle(self) -> Iterable[Widget]:
        yield Page(id="text")

    @property
    def whole(self) -> Completeness:
        quote = self.console.state.quote
        return check_order(self.draft, unknown_skus=quote.unknown_skus, is_covered=quote.is_covered)

    def draw(self, state: DeskState) -> None:
        whole = self.whole
        page = self.query_one(Page)
        if state.has_trial_prices:
            page.put(held_lines(catalogue_awaited(self.console)))
        elif whole.problems:
            page.put(missing_lines(whole.problems))
        else:
            page.put(spoken_lines(state, whole, self.console.rules, self.size.width - 2))

    def on_screen_resume(self) -> None:
        self.query_one(Page).top = 0

    def keys(self) -> Sequence[KeyHint]:
        if self.console.state.has_trial_prices:
            return (KeyHint(_("Entrée"), _("voir si le catalogue est là")),)
        if self.whole.problems:
            return (KeyHint(_("Entrée"), _("compléter")),)
        if self.query_one(Page).is_at_end:
            is_change = self.draft.revises is not None
            confirm = _("confirmer la modification") if is_change else _("confirmer la commande")
            return (KeyHint(_("Entrée"), confirm), KeyHint("↑", _("relire")))
        return (KeyHint(_("Entrée"), _("suite du texte")), KeyHint("↑ ↓", _("lignes")))

    @on(Page.Turned)
    def _turned(self) -> None:
        self.refresh_keys()

    @on(Page.Ended)
    async def _ended(self) -> None:
        problems = self.whole.problems
        if self.console.state.has_trial_prices:
            await self._look_again()
        elif problems:
            await self.console.go(*first_gap(problems))
        else:
            await self.console.confirm()

    async def _look_again(self) -> None:
        """Confirms nothing: the text is still to be read, once it can be."""
        await self.console.act(lambda desk, draft: desk.refresh(draft))
        if self.console.state.has_trial_prices:
            self.console.present(Unavailable("prices_for_trying"))
