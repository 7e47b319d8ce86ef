"""``KIOSK_SHOP``: the same file for a console and for a central."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from kiosk import paths
from kiosk.central_server import settings_for
from kiosk.cli import main
from kiosk.container import Container
from kiosk.shop_file import VARIABLE
from models.shop import ShopRules


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KIOSK_STATE_DIR", str(tmp_path / "state"))
    file = tmp_path / "shop.toml"
    monkeypatch.setenv(VARIABLE, str(file))
    return file


def test_console_and_central_are_of_that_shop(shop: Path) -> None:
    shop.write_text('delivery_fee_cents = 100\ncheque_payee = "Encre"\n', encoding="utf-8")
    with closing(Container.from_environment()) as console:
        assert console.rules == settings_for(shop.parent / "central.sqlite3").rules
        assert (console.rules.delivery_fee_cents, console.rules.cheque_payee) == (100, "Encre")


def test_without_a_file_it_is_the_invented_shop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with closing(Container.from_environment()) as console:
        assert console.rules == ShopRules()


@pytest.mark.parametrize("words", [("sync", "--once"), ("central", "serve", "--port", "0")])
@pytest.mark.parametrize(
    "content, said",
    [
        (None, "absent ou illisible"),
        (b"\xff", "absent ou illisible"),
        (b"iban = 3", "la valeur de « iban » est inconnue"),
    ],
)
def test_what_cannot_be_read_is_said_before_anything_begins(
    shop: Path,
    words: tuple[str, ...],
    content: bytes | None,
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if content is not None:
        shop.write_bytes(content)
    assert main(words) == 1
    assert said in capsys.readouterr().err
    assert not paths.central_file(paths.state_dir()).exists()
