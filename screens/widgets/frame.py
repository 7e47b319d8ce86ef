"""What stands around every step: the steps above, the state of the order and the keys beneath.

Owns how these are drawn from values they are given; knows no service and no rule. Text is
drawn as it is, without markup.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.reactive import reactive
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from screens.widgets.ink import ACCENT, DIM, STRONG, WARNING, cut, fill
from screens.widgets.rows import wrapped

STEPS = ("Imprimante", "Panier", "Client", "Livraison", "Paiement", "Relecture")

MARGIN = 1


@dataclass(frozen=True, slots=True)
class StatusView:
    """The state of the order and of the line, as sentences.

    ``cart`` is one item per line of the cart, the newest last; ``connection`` is "en ligne"
    or what is wrong, ``is_online`` says which.
    """

    cart: tuple[str, ...] = ()
    total: str = ""
    promise: str = ""
    connection: str = ""
    is_online: bool = True
    outbox: str = ""
    calls: str = ""
    work: str = ""
    """What needs a person, in a word or two."""
    aside: str = ""
    """What is not as it should be and stops nobody: a clock that is wrong."""
    progress: str = ""
    """How far a catalogue has come down."""
    operator: str = ""
    """Who is signed in; shown where there is room."""
    title: str = ""
    """What is being done, where it is not a new order; stands in the rule."""


@dataclass(frozen=True, slots=True)
class KeyHint:
    """A key that works now. The first hints are the last to be left out."""

    key: str
    action: str

    @property
    def width(self) -> int:
        return cell_len(f"{self.key} {self.action}")


class LineWidget(Widget):
    """A widget of fixed height that draws whole lines and never takes the focus."""

    DEFAULT_CSS = """
    LineWidget { width: 100%; height: 1; background: ansi_default; color: ansi_default; }
    """

    can_focus = False
    margins = 2 * MARGIN
    """Columns left free, at the left and at the right."""

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        return fill(self.line(y, width - self.margins), width, indent=MARGIN)

    def line(self, y: int, width: int) -> Sequence[Segment]:
        """Segments of row ``y``, at most ``width`` cells."""
        raise NotImplementedError


class StepBar(LineWidget):
    """The steps, numbered by their keys, the current one underlined."""

    DEFAULT_CSS = "StepBar { height: 2; }"

    current: reactive[int | None] = reactive(0)
    """Index of the step, or None on a screen that is none of them."""

    def __init__(self, steps: Sequence[str] = STEPS, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._labels = tuple(f"{number} {name}" for number, name in enumerate(steps, 1))

    def line(self, y: int, width: int) -> Sequence[Segment]:
        labels, gap = steps_that_fit(self._labels, self.current, width)
        return self._names(labels, gap) if y == 0 else self._underline(labels, gap)

    def _names(self, labels: Sequence[str], gap: int) -> list[Segment]:
        out: list[Segment] = []
        for index, label in enumerate(labels):
            out.append(Segment(label, STRONG if index == self.current else Style.null()))
            out.append(Segment(" " * gap))
        return out

    def _underline(self, labels: Sequence[str], gap: int) -> list[Segment]:
        if self.current is None:
            return []
        before = sum(cell_len(label) + gap for label in labels[: self.current])
        return [Segment(" " * before), Segment("━" * cell_len(labels[self.current]), ACCENT)]


class StatusPanel(LineWidget):
    """Cart, rule, total and promise, then connection, what is to be sent, and calls: always there."""

    DEFAULT_CSS = "StatusPanel { height: 4; }"

    view: reactive[StatusView] = reactive(StatusView())

    covered: reactive[tuple[Segment, ...]] = reactive(())
    """What stands in the place of the last line: the beginning of a long notice beneath it."""

    def line(self, y: int, width: int) -> Sequence[Segment]:
        match y:
            case 0:
                return [Segment(cart_line(self.view.cart, width))]
            case 1:
                return self._rule(width)
            case 2:
                return self._money(width)
            case _:
                return self.covered or self._connection(width)

    def _rule(self, width: int) -> list[Segment]:
        title = cut(self.view.title, width - 8)
        if not title:
            return [Segment("─" * width, DIM)]
        rest = "─" * (width - cell_len(title) - 4)
        return [Segment("── ", DIM), Segment(title, ACCENT), Segment(f" {rest}", DIM)]

    def _money(self, width: int) -> list[Segment]:
        total, promise = self.view.total, self.view.promise
        room = width - cell_len(total) - 2
        promise = cut(promise, room)
        gap = " " * (width - cell_len(total) - cell_len(promise))
        return [Segment(total, STRONG), Segment(gap), Segment(promise)]

    def _connection(self, width: int) -> list[Segment]:
        view = self.view
        mark = "●" if view.is_online else "○"
        rest = line_of_state(view, width - 2)
        name = f"  {view.operator}" if view.operator else ""
        if cell_len(rest) + cell_len(name) <= width - 2:
            rest += " " * (width - 2 - cell_len(rest) - cell_len(name)) + name
        return [Segment(mark, ACCENT if view.is_online else WARNING), Segment(" " + rest)]


HELP_HINT = KeyHint("?", "touches")
HELP_WHILE_TYPING = KeyHint("F12", "touches")
"""Where "?" is text."""


NOTICE_LINES = 2


class Notice(LineWidget):
    """What went wrong, there until the next thing is done. A sentence that needs two lines ends
    here and begins above, on a line that whoever lays out the screen gives it.
    """

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._text, self._style = "", Style.null()

    def show(self, wrong: str, aside: str) -> None:
        """What went wrong, else what may be said quietly."""
        shown = (wrong, WARNING) if wrong else (aside, DIM)
        if shown != (self._text, self._style):
            self._text, self._style = shown
            self.refresh()

    def lines(self, width: int) -> list[Segment]:
        """One or two, of at most ``width`` columns: what to do next is at their end."""
        return [Segment(text, self._style) for text in notice_lines(self._text, width)]

    def line(self, y: int, width: int) -> Sequence[Segment]:
        lines = self.lines(width)
        return lines[max(0, len(lines) - self.size.height) + y :][:1]


def stands(screen: Screen[None]) -> bool:
    """Whether all of its frame is mounted, of which the line of keys is the last, and nothing of it
    is being taken down.
    """
    return screen.app.is_running and screen.is_mounted and bool(screen.query("#keys"))


class KeyLine(LineWidget):
    """The keys that work now, and always the one that shows all of them."""

    margins = MARGIN

    hints: reactive[tuple[KeyHint, ...]] = reactive(())

    help: reactive[KeyHint] = reactive(HELP_HINT)
    """The key that shows all keys; another one where "?" is text."""

    def line(self, y: int, width: int) -> Sequence[Segment]:  # noqa: ARG002 - there is one line
        out: list[Segment] = []
        for hint in hints_that_fit(self.hints, self.help, width):
            out += [Segment(hint.key, STRONG), Segment(f" {hint.action}   ")]
        return out


def notice_lines(text: str, width: int) -> list[str]:
    """``text`` in as many lines as it needs, at most NOTICE_LINES and at least one; only what is
    longer than that is cut.
    """
    lines = wrapped(text, width)
    kept = lines[: NOTICE_LINES - 1]
    return [*kept, cut(" ".join(lines[NOTICE_LINES - 1 :]), width)] if lines[1:] else lines or [""]


def line_of_state(view: StatusView, width: int) -> str:
    """Connection, work, what is to be sent and who waits, at most ``width`` columns: where not
    all of it fits, the name of the caller who waits is left out first.
    """
    parts = (view.connection, view.work, view.aside, view.outbox, view.progress)
    for calls in (view.calls, view.calls.partition(" (")[0]):
        text = "    ".join(part for part in (*parts, calls) if part)
        if cell_len(text) <= width:
            return text
    return cut(text, width)


def cart_line(cart: Sequence[str], width: int) -> str:
    """The lines of the cart on one row; when there are too many, the newest and how many more."""
    shown = list(cart)
    while shown:
        left_out = len(cart) - len(shown)
        text = (
            f"… {left_out} autre{'s' if left_out > 1 else ''}    " if left_out else ""
        ) + "    ".join(shown)
        if cell_len(text) <= width:
            return text
        del shown[0]
    return cut(cart[-1], width) if cart else ""


def hints_that_fit(hints: Sequence[KeyHint], last: KeyHint, width: int) -> tuple[KeyHint, ...]:
    """As many hints from the front as fit before ``last``, which is always there."""
    room = width - last.width
    kept: list[KeyHint] = []
    for hint in hints:
        room -= hint.width + 3
        if room < 0:
            break
        kept.append(hint)
    return (*kept, last)


def steps_that_fit(
    labels: Sequence[str], current: int | None, width: int
) -> tuple[Sequence[str], int]:
    """The steps and the gap between them; where names do not fit, the number and the present one."""
    for gap in (3, 2, 1):
        if sum(map(cell_len, labels)) + gap * (len(labels) - 1) <= width:
            return labels, gap
    return [
        label if index == current else label.split()[0] for index, label in enumerate(labels)
    ], 3
