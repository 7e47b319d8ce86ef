"""A small application made of the real widgets, to measure and look at them before all else."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import Screen
from textual.widgets import Input, Static

from kiosk.terminal import KioskTerminalApp
from models.catalogue import Colour
from screens.widgets.columns import ArticleRow, Column, Columns, RowKind
from screens.widgets.frame import KeyHint, KeyLine, StatusPanel, StatusView, StepBar

VIEW = StatusView(
    cart=("1 × LC-970 noir", "2 × LC-970 cyan"),
    total="3 articles  48,70 € TTC",
    promise="départ au plus tard mer. 25 nov.",
    connection="en ligne",
    outbox="aucun envoi en attente",
    calls="1 appel en attente (Mme ROUX, 10:42)",
)
HINTS = (
    KeyHint("Entrée", "ajouter"),
    KeyHint("1-9", "quantité"),
    KeyHint("← →", "colonne"),
    KeyHint("F3", "client"),
    KeyHint("F6", "relire"),
)


BRANDS = ("Brother", "Canon", "Epson", "HP", "Kodak", "Lexmark", "OKI", "Samsung", "Konica Minolta")
COLOURS = (
    ("noir", Colour.BLACK),
    ("cyan", Colour.CYAN),
    ("magenta", Colour.MAGENTA),
    ("jaune", Colour.YELLOW),
    ("magenta clair", Colour.LIGHT_MAGENTA),
    ("trois couleurs", Colour.TRICOLOUR),
)


def printers(brand: str) -> tuple[str, ...]:
    return tuple(f"{brand[:3].upper()}-{number}C" for number in range(315, 315 + 7 * 60, 7))


def articles(printer: str) -> tuple[ArticleRow, ...]:
    series = f"LC-{sum(map(ord, printer)) % 900 + 90}"
    rows: list[ArticleRow] = []
    for index, (word, colour) in enumerate(COLOURS):
        rows.append(_cartridge(series, word, colour, index))
        if index % 5 == 2:
            note = "rupture, de retour le jeu. 3 déc."
            rows.append(ArticleRow(RowKind.NOTE, note, is_in_stock=False))
    rows.append(_cartridge(series, "pack des 4", Colour.NONE, 8))
    rows.append(ArticleRow(RowKind.NOTE, "5,70 € de moins qu'à l'unité"))
    rows.append(ArticleRow(RowKind.HEADING, "de la boutique"))
    rows += [_cartridge(series, word, colour, 9) for word, colour in COLOURS]
    return tuple(rows)


def _cartridge(series: str, word: str, colour: Colour, index: int) -> ArticleRow:
    return ArticleRow(
        RowKind.CARTRIDGE,
        series,
        word,
        colour,
        page_yield=f"{350 + 50 * index} p.",
        per_page=f"{4 + index},3 c/page",
        price=f"{12 + index},90 €",
        stock="0" if index % 5 == 2 else str(5 + index),
        is_in_stock=index % 5 != 2,
    )


COUNTS = (
    len(BRANDS),
    len(printers("")),
    sum(row.kind is RowKind.CARTRIDGE for row in articles("")),
)
"""Rows of each column that can be marked; there are as many of every brand and printer."""


class OtherScreen(Screen[None]):
    """Something quite different, to measure a switch of screens."""

    BINDINGS = [Binding("f2,escape", "app.pop_screen")]  # noqa: RUF012

    def compose(self) -> ComposeResult:
        yield StepBar()
        yield Static(
            "\n".join(f" {n}  une ligne du panier, numéro {n:>4}" for n in range(14)), id="middle"
        )
        yield StatusPanel()
        yield KeyLine()

    def on_mount(self) -> None:
        self.query_one(StepBar).current = 1
        self.query_one(StatusPanel).view = VIEW
        self.query_one(KeyLine).hints = (KeyHint("F1", "imprimante"), *HINTS[3:])


class SampleScreen(Screen[None]):
    """Walks the columns by itself: another brand has other printers, another printer other
    cartridges.
    """

    BINDINGS = [  # noqa: RUF012
        Binding("up", "move(-1)", priority=True),
        Binding("down", "move(1)", priority=True),
        Binding("left", "turn(-1)", priority=True),
        Binding("right", "turn(1)", priority=True),
        Binding("f2", "other"),
    ]

    def compose(self) -> ComposeResult:
        yield StepBar()
        yield Input()
        yield Columns()
        yield StatusPanel()
        yield KeyLine()

    def on_mount(self) -> None:
        self.query_one(StatusPanel).view = VIEW
        self.query_one(KeyLine).hints = HINTS
        self.columns = self.query_one(Columns)
        self.active = Column.BRANDS
        self.marks = [0, 0, 2]
        self._draw()

    def _draw(self) -> None:
        brand, printer, article = self.marks
        models = printers(BRANDS[brand])
        self.columns.show_brands(BRANDS, brand)
        self.columns.show_printers(models, printer)
        self.columns.show_articles(articles(models[printer]) if printer >= 0 else (), article)
        self.columns.activate(self.active)

    def _mark(self, row: int) -> None:
        """In the active column; there is no mark yet in those at its right."""
        self.marks[self.active] = max(0, min(row, COUNTS[self.active] - 1))
        self.marks[self.active + 1 :] = [-1] * (Column.ARTICLES - self.active)
        self._draw()

    def on_input_changed(self, event: Input.Changed) -> None:
        if event.value.endswith("z"):
            self.columns.show_articles(articles(event.value), 0)

    def action_move(self, delta: int) -> None:
        self._mark(self.marks[self.active] + delta)

    def action_turn(self, delta: int) -> None:
        if self.active + delta in tuple(Column):
            self.active = Column(self.active + delta)
            self._mark(self.marks[self.active])

    def action_other(self) -> None:
        self.app.push_screen(OtherScreen())


class SampleApp(KioskTerminalApp):
    CSS = """
    Input { border: none; height: 1; padding: 0 1; margin: 0 0 1 0; }
    Input:focus { border: none; }
    #middle { height: 1fr; }
    StatusPanel { margin: 1 0; }
    """

    def on_mount(self) -> None:
        self.push_screen(SampleScreen())


if __name__ == "__main__":
    app = SampleApp()
    app.run()
    raise SystemExit(app.return_code)
