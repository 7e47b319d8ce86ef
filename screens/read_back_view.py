"""Step 6 as lines: what is still missing, or the text to read aloud."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from models.completeness import Completeness, OrderProblem
from models.draft import Step
from models.read_back import ReadBackFacts, as_text, read_back
from models.shop import ShopRules
from models.wording.orders import order_problem_sentence
from screens.status_view import changed_reference
from screens.widgets.ink import STRONG, WARNING
from screens.widgets.rows import line
from screens.words import _
from services.desk_state import DeskState

STEP_KEYS = {
    Step.PRINTER: "F1",
    Step.CART: "F2",
    Step.CUSTOMER: "F3",
    Step.DELIVERY: "F4",
    Step.PAYMENT: "F5",
}
MARGIN = 2


def missing_lines(problems: Sequence[OrderProblem]) -> list[Text]:
    """What has to be mended before the order can be read back, with the key that leads there."""
    lines = [line((_("Il manque encore :"), STRONG)), line("")]
    for problem in problems:
        key = STEP_KEYS[problem.step]
        lines.append(line((f"  {key}  ", STRONG), (order_problem_sentence(problem), WARNING)))
    return lines


def held_lines(why: str) -> list[Text]:
    """Nothing is read aloud while prices are for trying. ``why`` no catalogue is there yet."""
    return [
        line((_("Prix et stock d'essai : ne les annoncez pas."), WARNING)),
        line(""),
        line(_("La commande ne peut pas encore être confirmée :")),
        line(f"{why}."),
        line(""),
        line(_("Rien n'est perdu, l'appel est gardé. Dès que le catalogue est là,")),
        line(_("le texte à lire s'affiche ici avec les vrais prix.")),
        line(_("En attendant : F8, un motif, et rappelez.")),
    ]


def spoken_lines(state: DeskState, whole: Completeness, rules: ShopRules, width: int) -> list[Text]:
    """The text of the read-back, wrapped; titles stand out."""
    facts = read_back_facts(state, whole, rules)
    if facts is None:
        return []
    paragraphs = read_back(facts)
    titles = {paragraph.title.upper() for paragraph in paragraphs}
    text = as_text(paragraphs, width - MARGIN)
    return [line((row, STRONG)) if row in titles else line(row) for row in text.splitlines()]


def read_back_facts(
    state: DeskState, whole: Completeness, rules: ShopRules
) -> ReadBackFacts | None:
    """None while the draft is not an order yet."""
    facts = whole.facts
    if facts is None or state.promise is None:
        return None
    return ReadBackFacts(
        name=facts.customer.name,
        phones=facts.customer.phones,
        email=facts.customer.email,
        billing=facts.customer.billing,
        delivery=facts.delivery,
        quote=state.quote,
        promise=state.promise,
        payment_method=facts.payment_method,
        link_channel=facts.link_channel,
        rules=rules,
        reference=state.order.reference if state.order else changed_reference(state),
        is_change=state.draft.revises is not None,
    )


def first_gap(problems: Sequence[OrderProblem]) -> tuple[Step, str]:
    """Where to go to mend the first thing."""
    return problems[0].step, problems[0].problem.field
