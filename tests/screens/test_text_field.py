from __future__ import annotations

from console_at_work import console_at_work, layouts_from_now


async def test_half_a_character_is_dropped_and_the_rest_kept(folder) -> None:
    async with console_at_work(folder) as operator:
        field = operator.app.focused
        field.value = "dcp\ud800 350\udc80c"
        await operator.settled()
        assert field.value == "dcp 350c"
        field.value = ""
        await operator.paste("lc\ud800970")
        assert field.value.encode() == b"lc 970"
        assert operator.saved.search == "lc 970"


async def test_a_letter_has_nothing_laid_out(folder, monkeypatch) -> None:
    async with console_at_work(folder) as operator:
        await operator.press("f4", "2", *"1")
        laid_out = layouts_from_now(monkeypatch)
        await operator.press(*"Martin", "backspace")
        assert operator.sees("Marti")
        assert laid_out == []


async def test_of_a_text_that_is_longer_than_its_field_the_end_is_seen(folder) -> None:
    long = " ".join(f"{number:03}" for number in range(30))
    async with console_at_work(folder) as operator:
        await operator.press("f4", "2", "1", *long)
        assert operator.sees("028 029")
        assert "000 001" not in operator.text
        await operator.press("home")
        assert operator.sees("000 001")
        await operator.press("end", *["backspace"] * 100)
        assert operator.app.focused.scroll_offset.x == 0
