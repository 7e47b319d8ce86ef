"""Whatever a person types or a file holds: shown as it is, kept clean, and the frame stands."""

from __future__ import annotations

import unicodedata
from dataclasses import fields, is_dataclass
from uuid import UUID

import pytest
from console_at_work import Operator, console_at_work, resumed
from console_fixtures import NOW, complete_draft

from kiosk import paths
from models.catalogue import (
    Article,
    Capacity,
    Cartridge,
    Colour,
    Offer,
    Printer,
    PrinterKind,
    Technology,
)
from models.customer import Address, Civility, Customer, Dwelling, PersonName, Phone, PhoneKind
from models.draft import Step
from services.adapters.catalogue_file import build_catalogue

WHOLE = complete_draft(UUID(int=77))

HOSTILE = {
    "closing tag": "[/b]",
    "markup": "[bold red]x[/] [@click=app.leave]y[/]",
    "joined emoji": "👩\u200d👩\u200d👧 famille",
    "right to left": "\u202eDUVAL\u202c \u2066x",
    "ten thousand": "x" * 10_000,
    "control": "a\x00b\x1b[2J\x07c\x9b31m",
    "lines": "un\r\ndeux\ntrois\ttab",
    "combining": "Z" + "\u0323\u0301" * 40,
    "wide": "日本語" * 60,
    "backslashes": "\\[b] {draft} %s ${x}",
}

EVERYTHING = " ".join(text for text in HOSTILE.values() if len(text) < 100)

TYPED = ("markup", "joined emoji", "ten thousand", "control", "wide")
"""Those that differ in the way a field takes them; the others are part of ``EVERYTHING``."""

FIELDS = {
    Step.CUSTOMER: ("last_name", "first_name", "phone", "email", "street", "postcode", "city"),
    Step.DELIVERY: ("inside", "outside", "place", "instructions"),
}


def assert_frame(operator: Operator, *, is_step: bool = True) -> None:
    """Steps above, rule and status at their rows, keys below: on the terminal itself."""
    shown = operator.on_terminal()
    width, height = operator.app.size
    assert len(shown) == height
    if is_step:
        assert shown[0].startswith(" 1 Imprimante")
        assert shown[height - 5] == " " + "─" * (width - 2)
        assert shown[height - 3].startswith((" ○ ", " ● "))
    assert shown[-1].rstrip().endswith("touches")


def texts_of(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, tuple):
        return [text for part in value for text in texts_of(part)]
    if is_dataclass(value):
        return [t for field in fields(value) for t in texts_of(getattr(value, field.name))]
    return []


def assert_clean(operator: Operator) -> None:
    """Nothing that could disturb a screen, a file or a label is kept."""
    for text in texts_of(operator.saved):
        assert len(text) <= 254
        assert not [char for char in text if unicodedata.category(char) in {"Cc", "Cf", "Cs"}]


@pytest.mark.parametrize("text", [EVERYTHING, *map(HOSTILE.get, TYPED)], ids=["all", *TYPED])
async def test_a_field_keeps_any_paste_as_clean_text(folder, text) -> None:
    draft = WHOLE.at(Step.PRINTER, "search")
    async with resumed(folder, draft) as operator:
        await operator.paste(text)
        assert_frame(operator)
        await operator.press("f2", "down")
        await operator.paste(text)
        await operator.press_only("enter")
        assert_frame(operator)
        await operator.press("f3")
        await operator.paste(text)
        assert_frame(operator)
        for step, names in FIELDS.items():
            await operator.app.live.go(step)
            for name in names:
                operator.app.screen.set_focus(operator.app.screen.query_one(f"#{name}"))
                await operator.paste(text)
            assert_frame(operator)
        assert_clean(operator)
        for key in ("f5", "f6", "f2", "f1"):
            await operator.press(key)
            assert_frame(operator)
        await operator.press("f8")
        await operator.paste(text)
        assert_frame(operator, is_step=False)
        await operator.press("enter", "f9")
        assert_frame(operator, is_step=False)
        assert operator.app.is_running
        (waiting,) = operator.waiting
        assert waiting.parked_reason


async def test_what_is_typed_is_shown_as_it_is(folder) -> None:
    async with resumed(folder, WHOLE.at(Step.CUSTOMER, "last_name")) as operator:
        await operator.press(*["backspace"] * 5, *"[/b][red]")
        assert operator.line_with("Nom                [/b][red]")
        await operator.press("f1")
        assert operator.line_with("Mme [/B][RED], Reims")
        await operator.press("f8", "enter")
        assert operator.line_with("1 appel en attente (Mme [/B][RED]")
        await operator.press("f9")
        assert operator.line_with("Mme [/B][RED]")


# --- from files and from central --------------------------------------------------------


def customer(text: str) -> Customer:
    return Customer(
        customer_id=UUID(int=9),
        name=PersonName(Civility.MME, "Zoé", f"Zz {text}"),
        phones=(Phone("+33199007777", PhoneKind.LANDLINE, can_receive_sms=False),),
        billing=Address(f"1 rue {text}", "51100", f"Reims {text}", Dwelling.HOUSE),
    )


@pytest.mark.parametrize("text", [EVERYTHING, "x" * 400, "日本語" * 60, "[/b]"])
async def test_a_customer_of_any_name_breaks_no_screen(folder, text) -> None:
    def fill(store) -> None:
        with store.write() as tx:
            tx.customers.add(customer(text))

    async with console_at_work(folder, prepare_store=fill) as operator:
        await operator.press(*"lc970", "enter", "f3", *"7777")
        assert_frame(operator)
        await operator.press("enter")
        assert operator.saved.customer.customer_id == UUID(int=9)
        for key in ("f3", "f4", "f5", "4", "f6", "f1"):
            await operator.press(key)
            assert_frame(operator)
        await operator.press("f6")
        await operator.press_only(*["enter"] * 30)
        assert_frame(operator)
        assert operator.app.is_running


def hostile_catalogue(path, text: str) -> None:
    name = text
    cartridge = Cartridge(
        "X-1", f"B {name}", name, name, Colour.BLACK, Capacity.STANDARD, Technology.INK
    )
    article = Article(cartridge, Offer("X-1", 1290, 3, NOW))
    printer = Printer("p-1", f"B {name}", name, f"M 77 {name}", PrinterKind.INKJET)
    build_catalogue(path, [printer], [article], [("p-1", "X-1")], version="hostile", is_demo=True)


@pytest.mark.parametrize("text", [EVERYTHING, "x" * 400, "日本語" * 60, "[/b]"])
async def test_a_catalogue_of_any_names_breaks_no_screen(folder, text) -> None:
    paths.catalogue_file(folder).unlink()
    hostile_catalogue(paths.catalogue_file(folder), text)
    async with console_at_work(folder) as operator:
        assert_frame(operator)
        await operator.press("down", "right", "right")
        assert_frame(operator)
        await operator.press("enter", "2")
        assert [line.quantity for line in operator.saved.cart.lines] == [2]
        for key in ("f2", "f5", "f6", "f1"):
            await operator.press(key)
            assert_frame(operator)
        await operator.press(*"m 77")
        assert_frame(operator)
