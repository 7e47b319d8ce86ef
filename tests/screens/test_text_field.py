from __future__ import annotations

from console_at_work import console_at_work


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
