from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shelf import vectors

from models.calendar import PARIS, ShopCalendar, TargetCalendar, paris_day, service_is_open
from models.errors import Defect
from models.shop import HolidayZone

VECTORS = vectors("04_business_days")
DAYS = st.dates(date(2024, 1, 1), date(2035, 12, 31))
OVERSEAS = {
    HolidayZone.GUADELOUPE: (5, 27),
    HolidayZone.MARTINIQUE: (5, 22),
    HolidayZone.GUYANE: (6, 10),
    HolidayZone.REUNION: (12, 20),
    HolidayZone.MAYOTTE: (4, 27),
}


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["why"])
def test_next_open_day_of_the_vectors(case: dict[str, str]) -> None:
    calendar = ShopCalendar(HolidayZone(case.get("zone", "metropole")))
    assert calendar.next_open(date.fromisoformat(case["order"])) == date.fromisoformat(
        case["processed"]
    )


@pytest.mark.parametrize("case", VECTORS["transfers"], ids=lambda case: case["sent"])
def test_bank_days_of_the_vectors(case: dict[str, str]) -> None:
    credited = TargetCalendar().nth_bank_day(date.fromisoformat(case["sent"]), int(case["plus"]))
    assert credited == date.fromisoformat(case["credited"])


@pytest.mark.parametrize("case", VECTORS["service_hours"], ids=lambda case: case["at"])
def test_service_hours_of_the_vectors(case: dict[str, str]) -> None:
    at = datetime.fromisoformat(case["at"]).replace(tzinfo=PARIS)
    assert service_is_open(at) == case["open"]


def test_service_closes_at_seven_and_on_public_holidays() -> None:
    assert not service_is_open(datetime(2026, 11, 23, 19, 0, tzinfo=PARIS))
    assert not service_is_open(datetime(2026, 11, 23, 8, 59, 59, tzinfo=PARIS))
    assert not service_is_open(datetime(2026, 11, 11, 10, 0, tzinfo=PARIS))
    assert service_is_open(datetime(2026, 7, 20, 7, 0, tzinfo=UTC)), "9:00 in summer"


def test_the_day_is_the_one_in_paris() -> None:
    assert paris_day(datetime(2026, 11, 23, 23, 30, tzinfo=UTC)) == date(2026, 11, 24)
    assert paris_day(datetime(2026, 7, 14, 21, 59, tzinfo=UTC)) == date(2026, 7, 14)
    with pytest.raises(Defect, match="naive_datetime"):
        paris_day(datetime(2026, 11, 23, 9, 0))  # noqa: DTZ001 - naive is the point


def test_holidays_have_french_names() -> None:
    calendar = ShopCalendar(HolidayZone.METROPOLE)
    assert calendar.closed_name(date(2026, 11, 11)) == "Armistice"
    assert calendar.closed_name(date(2026, 8, 15)) == "Assomption", "a Saturday, still a holiday"
    assert calendar.closed_name(date(2026, 11, 12)) is None
    assert TargetCalendar().closed_name(date(2026, 4, 3)) == "Vendredi saint"
    assert TargetCalendar().closed_name(date(2026, 12, 26)) == "Saint-Étienne"
    assert TargetCalendar().closed_name(date(2026, 7, 14)) is None


def test_alsace_moselle_has_two_days_more() -> None:
    metropole = ShopCalendar(HolidayZone.METROPOLE)
    alsace = ShopCalendar(HolidayZone.ALSACE_MOSELLE)
    year = [date(2028, 1, 1) + timedelta(days=n) for n in range(366)]
    more = [day for day in year if alsace.closed_name(day) and not metropole.closed_name(day)]
    assert more == [date(2028, 4, 14), date(2028, 12, 26)]


@pytest.mark.parametrize("zone", OVERSEAS)
def test_overseas_keeps_the_national_days_and_its_one_legal_day(zone: HolidayZone) -> None:
    metropole, there = ShopCalendar(HolidayZone.METROPOLE), ShopCalendar(zone)
    year = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    names = {day: there.closed_name(day) for day in year}
    more = [day for day in year if names[day] and not metropole.closed_name(day)]
    assert more == [date(2026, *OVERSEAS[zone])]
    assert all(names[day] for day in year if metropole.closed_name(day))


@given(DAYS, st.integers(0, 15), st.sampled_from(HolidayZone))
def test_nth_open_day_passes_exactly_n_open_days(day: date, n: int, zone: HolidayZone) -> None:
    calendar = ShopCalendar(zone)
    reached = calendar.nth_open(day, n)
    passed = [day + timedelta(days=i) for i in range(1, (reached - day).days + 1)]
    assert sum(map(calendar.is_open, passed)) == n
    assert n == 0 or calendar.is_open(reached)


@given(DAYS, st.integers(1, 10))
def test_nth_bank_day_passes_exactly_n_bank_days(day: date, n: int) -> None:
    calendar = TargetCalendar()
    reached = calendar.nth_bank_day(day, n)
    passed = [day + timedelta(days=i) for i in range(1, (reached - day).days + 1)]
    assert sum(map(calendar.is_bank_day, passed)) == n
    assert calendar.is_bank_day(reached)
