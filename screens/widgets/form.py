"""Fields an operator types in, one below the other, with what is wrong beside each.

Owns keys and looks of a form; knows no rule of the shop.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from screens.widgets.ink import ACCENT, DIM, STRONG, WARNING
from screens.widgets.text_field import LIMIT, TextField

LABEL_WIDTH = 21


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few answers: its value and the word on the screen."""

    value: str
    word: str


@dataclass(frozen=True, slots=True)
class Field:
    """One line of a form. With ``choices`` it is answered by a letter."""

    name: str
    label: str
    choices: tuple[Choice, ...] = ()
    limit: int = LIMIT
    is_replaced: bool = False
    """What stands there was put there for the operator: typing begins anew."""


@dataclass(frozen=True, slots=True)
class Remark:
    """What is said beside a field; a blocking one is shown as wrong."""

    text: str
    is_wrong: bool = False


class ChoiceField(Widget, can_focus=True):
    """One of a few answers, chosen by its number or first letter, by space or arrows.

    A key that names one answer takes it and goes on; a letter that several words begin with
    walks them ("m": Mme, then M.).
    """

    DEFAULT_CSS = "ChoiceField { height: 1; width: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,space", "turn(1)", show=False),
        Binding("left", "turn(-1)", show=False),
    ]

    class Changed(Message):
        def __init__(self, field: ChoiceField, value: str, *, goes_on: bool) -> None:
            super().__init__()
            self.field = field
            self.value = value
            self.goes_on = goes_on

        @property
        def control(self) -> ChoiceField:
            return self.field

    class Submitted(Message):
        def __init__(self, field: ChoiceField) -> None:
            super().__init__()
            self.field = field

    def __init__(self, field: Field, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._choices = field.choices
        self.value = ""

    def set_quietly(self, value: str) -> None:
        self.value = value
        self.refresh()

    def choose(self, value: str, *, goes_on: bool = False) -> None:
        """Take this answer and tell."""
        self.set_quietly(value)
        self.post_message(self.Changed(self, value, goes_on=goes_on))

    def action_turn(self, delta: int) -> None:
        values = [choice.value for choice in self._choices]
        at = values.index(self.value) if self.value in values else (-1 if delta > 0 else 0)
        self.choose(values[(at + delta) % len(values)])

    def on_key(self, event: events.Key) -> None:
        if event.key == "enter":
            event.stop()
            self.post_message(self.Submitted(self))
            return
        named = self._named_by(event.character or "")
        if not named:
            return
        event.stop()
        event.prevent_default()
        at = named.index(self.value) + 1 if self.value in named else 0
        self.choose(named[at % len(named)], goes_on=len(named) == 1)

    def _named_by(self, typed: str) -> list[str]:
        """The answers that a key stands for."""
        if typed.isdecimal():
            return [choice.value for choice in self._choices[int(typed) - 1 : int(typed)]]
        letter = typed.lower()
        return [c.value for c in self._choices if letter and c.word.lower().startswith(letter)]

    def render_line(self, y: int) -> Strip:
        del y
        parts: list[Segment] = []
        for number, choice in enumerate(self._choices, 1):
            chosen = choice.value == self.value
            style = Style(reverse=True) if chosen and self.has_focus else STRONG if chosen else DIM
            parts.append(Segment(f"{'●' if chosen else '○'} {number} {choice.word}", style))
            parts.append(Segment("  "))
        if self.has_focus and not self.value and parts:
            parts[0] = Segment(parts[0].text, Style(reverse=True))
        return Strip(parts).adjust_cell_length(self.size.width)


class _Beside(Widget):
    """The words left or right of the fields, a line for each."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._texts: tuple[tuple[str, Style | None], ...] = ()

    def put(self, texts: Sequence[tuple[str, Style | None]]) -> None:
        if tuple(texts) != self._texts:
            self._texts = tuple(texts)
            self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if y >= len(self._texts):
            return Strip.blank(width)
        text, style = self._texts[y]
        segment = Segment(text, style)
        if segment.cell_length > width:
            segment = Segment(Strip([segment]).crop(0, max(0, width - 1)).text + "…", style)
        return Strip([segment]).adjust_cell_length(width)


class Form(Horizontal):
    """Labels, fields and remarks in three columns; Enter and ↓ go on, ↑ goes back."""

    DEFAULT_CSS = f"""
    Form {{ height: auto; }}
    Form #labels {{ width: {LABEL_WIDTH}; height: 100%; }}
    Form #fields {{ width: 15fr; height: auto; }}
    Form .sometimes {{ height: auto; }}
    Form #remarks {{ width: 13fr; height: 100%; margin: 0 0 0 1; }}
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "step(1)", show=False),
        Binding("up", "step(-1)", show=False),
    ]

    class Changed(Message):
        """The operator changed one field.

        With ``goes_on`` the answer was complete: who handles this calls ``form.go_on()`` once
        the fields that follow are those of the answer.
        """

        def __init__(self, form: Form, field: str, value: str, *, goes_on: bool = False) -> None:
            super().__init__()
            self.form = form
            self.field = field
            self.value = value
            self.goes_on = goes_on

    class Finished(Message):
        """Enter was pressed in the last field."""

        def __init__(self, form: Form) -> None:
            super().__init__()
            self.form = form

    class LeftAbove(Message):
        """↑ was pressed in the first field."""

        def __init__(self, form: Form) -> None:
            super().__init__()
            self.form = form

    def __init__(
        self,
        fields: Sequence[Field],
        *,
        sometimes: Collection[Field] = (),
        id: str,  # noqa: A002 - Textual's name
    ) -> None:
        """``sometimes`` are those that are not always asked for."""
        super().__init__(id=id)
        self._all = tuple(fields)
        self._sometimes = frozenset(field.name for field in sometimes)
        self._shown = [field.name for field in fields]
        self._remarks: dict[str, Remark] = {}

    def compose(self) -> ComposeResult:
        yield _Beside(id="labels")
        with Vertical(id="fields"):
            for is_sometimes, fields in groupby(self._all, lambda f: f.name in self._sometimes):
                widgets = [self._field_of(field) for field in fields]
                # Hidden as one: of a field that is hidden itself, all has to be rendered again.
                yield from [Vertical(*widgets, classes="sometimes")] if is_sometimes else widgets
        yield _Beside(id="remarks")

    @staticmethod
    def _field_of(field: Field) -> TextField | ChoiceField:
        if field.choices:
            return ChoiceField(field, id=field.name)
        return TextField(id=field.name, limit=field.limit)

    def on_mount(self) -> None:
        self._draw_beside()

    def _spec(self, name: str) -> Field:
        return next(field for field in self._all if field.name == name)

    def field(self, name: str) -> TextField | ChoiceField:
        widget = self.query_one(f"#{name}")
        assert isinstance(widget, TextField | ChoiceField)  # noqa: S101 - made in compose
        return widget

    def ask_all(self, is_all: bool) -> None:  # noqa: FBT001 - the only thing it says
        """Whether to show those fields, too, that are not always asked for."""
        wanted = [f.name for f in self._all if is_all or f.name not in self._sometimes]
        if wanted == self._shown:
            return
        self._shown = wanted
        for fields in self.query(".sometimes"):
            fields.display = is_all
        self._draw_beside()

    def fill(self, values: Mapping[str, str]) -> None:
        """Show these values, without telling anybody."""
        for name, value in values.items():
            self.field(name).set_quietly(value)

    def remark(self, remarks: Mapping[str, Remark]) -> None:
        """Say this beside the fields, instead of what was said before."""
        self._remarks = dict(remarks)
        self._draw_beside()

    def passed(self) -> Mapping[str, bool]:
        """Which fields were passed by or filled: what is missing there may be said."""
        filled = [bool(self.field(name).value) for name in self._shown]
        at = self._shown.index(self.focused_name) if self.focused_name else 0
        reached = max([at, *(i for i, is_filled in enumerate(filled) if is_filled)])
        return {name: index < reached or filled[index] for index, name in enumerate(self._shown)}

    def focus_field(self, name: str) -> bool:
        """Put the cursor in that field; False where there is none of that name."""
        if name not in self._shown:
            return False
        widget = self.field(name)
        self.screen.set_focus(widget)
        if isinstance(widget, TextField) and self._spec(name).is_replaced:
            widget.select_all()
        return True

    def focus_first(self) -> None:
        self.focus_field(self._shown[0])

    @property
    def focused_name(self) -> str | None:
        focused = self.screen.focused
        return focused.id if focused is not None and focused.id in self._shown else None

    @property
    def said_beside(self) -> str:
        """What stands beside the focused field, else beside the first wrong one, uncut."""
        if here := self._remarks.get(self.focused_name or ""):
            return here.text
        there = (self._remarks.get(name) for name in self._shown)
        return next((remark.text for remark in there if remark and remark.is_wrong), "")

    def action_step(self, delta: int) -> None:
        name = self.focused_name
        if name is None:
            return
        at = self._shown.index(name) + delta
        if at < 0:
            self.post_message(self.LeftAbove(self))
        elif at < len(self._shown):
            self.focus_field(self._shown[at])

    def go_on(self) -> None:
        """To the next field; from the last one, out of the form."""
        if self.focused_name == self._shown[-1]:
            self.post_message(self.Finished(self))
        else:
            self.action_step(1)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self.go_on()

    @on(ChoiceField.Submitted)
    def _answered(self, event: ChoiceField.Submitted) -> None:
        event.stop()
        self.go_on()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Changed(self, str(event.input.id), event.value))

    @on(ChoiceField.Changed)
    def _chosen(self, event: ChoiceField.Changed) -> None:
        event.stop()
        told = self.Changed(self, str(event.field.id), event.value, goes_on=event.goes_on)
        self.post_message(told)

    def on_descendant_focus(self) -> None:
        self._draw_beside()

    def on_descendant_blur(self) -> None:
        self._draw_beside()

    def _draw_beside(self) -> None:
        if not self.is_mounted:
            return
        focused = self.focused_name
        shown = [field for field in self._all if field.name in self._shown]
        self.query_one("#labels", _Beside).put(
            [
                (
                    f"{'›' if field.name == focused else ' '} {field.label}",
                    ACCENT if field.name == focused else None,
                )
                for field in shown
            ]
        )
        self.query_one("#remarks", _Beside).put([self._remark_of(f.name) for f in shown])

    def _remark_of(self, name: str) -> tuple[str, Style | None]:
        remark = self._remarks.get(name)
        if remark is None:
            return "", None
        return ("! " if remark.is_wrong else "") + remark.text, WARNING if remark.is_wrong else DIM
