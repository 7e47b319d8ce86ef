"""What an administrator may set of a central, by the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from central.settings import CentralSettings, settings_from
from models.errors import DomainError
from models.wording import error_sentence

DATABASE = "postgresql://kiosk:secret@localhost/kiosk"


def test_what_is_not_set_is_as_it_ever_was() -> None:
    assert settings_from({}, DATABASE) == CentralSettings(DATABASE)
    assert settings_from({"KIOSK_CENTRAL_TOKEN_DAYS": " "}, Path("c")).token_days is None


def test_what_is_set_counts() -> None:
    environ = {
        "KIOSK_CENTRAL_TOKEN_DAYS": "90",
        "KIOSK_CENTRAL_OFFLINE_SIGN_IN_HOURS": "12",
        "KIOSK_CENTRAL_METRICS_TOKEN": "seen-by-prometheus",
    }
    made = settings_from(environ, DATABASE)
    assert (made.token_days, made.offline_sign_in_hours, made.metrics_token) == (
        90,
        12,
        "seen-by-prometheus",
    )


@pytest.mark.parametrize("said", ["0", "-1", "1.5", "90 jours", "10000", "٣"])
def test_what_is_no_count_is_said_with_its_name(said: str) -> None:
    with pytest.raises(DomainError) as refused:
        settings_from({"KIOSK_CENTRAL_TOKEN_DAYS": said}, DATABASE)
    assert "KIOSK_CENTRAL_TOKEN_DAYS" in error_sentence(refused.value)


def test_no_secret_is_told_by_accident() -> None:
    made = settings_from({"KIOSK_CENTRAL_METRICS_TOKEN": "hidden"}, DATABASE)
    assert "secret" not in repr(made)
    assert "hidden" not in repr(made)
