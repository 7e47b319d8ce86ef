"""Which days count: the shop's open days, the banks' days, the hours of customer service.

Owns the calendars and what "today" is in Paris. Knows no order. The public holidays come
from the ``holidays`` library, read once a year and zone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from models.errors import Defect
from models.shop import HolidayZone

PARIS = ZoneInfo("Europe/Paris")

SERVICE_FROM = time(9)
SERVICE_UNTIL = time(19)

_DAY = timedelta(days=1)
SATURDAY = 5
_SUNDAY = 6

_ABOLITION = {
    HolidayZone.GUADELOUPE: (5, 27),
    HolidayZone.MARTINIQUE: (5, 22),
    HolidayZone.GUYANE: (6, 10),
    HolidayZone.REUNION: (12, 20),
    HolidayZone.MAYOTTE: (4, 27),
}
_ABOLITION_NAME = "Abolition de l'esclavage"
_BANKS_CLOSED = "Fermeture des banques"


def in_paris(at: datetime) -> datetime:
    """An aware moment on the clock of Paris; Defect("naive_datetime") for a naive one."""
    if at.utcoffset() is None:
        raise Defect("naive_datetime", at=at)
    return at.astimezone(PARIS)


def paris_day(at: datetime) -> date:
    """The day it is in Paris at an aware moment; Defect("naive_datetime") for a naive one."""
    return in_paris(at).date()


def service_is_open(at: datetime) -> bool:
    """Whether customer service answers: Monday to Saturday, from 9:00 until before 19:00,
    Paris time (R18). Closed on the public holidays of the metropole: an assumption, the rule
    does not say, and nobody is told to call on a day when nobody may answer.
    """
    local = in_paris(at)
    return (
        local.weekday() != _SUNDAY
        and SERVICE_FROM <= local.time() < SERVICE_UNTIL
        and local.date() not in _public_holidays(HolidayZone.METROPOLE, local.year)
    )


class ShopCalendar:
    """Open days of the shop: Monday to Friday, without the public holidays of its zone (R14)."""

    def __init__(self, zone: HolidayZone) -> None:
        self._zone = zone

    def closed_name(self, day: date) -> str | None:
        """The public holiday a day is, in French, also at a weekend; None for any other day."""
        return _public_holidays(self._zone, day.year).get(day)

    def is_open(self, day: date) -> bool:
        return day.weekday() < SATURDAY and self.closed_name(day) is None

    def next_open(self, day: date) -> date:
        """The first open day strictly after ``day``."""
        return self.nth_open(day, 1)

    def nth_open(self, day: date, n: int) -> date:
        """The ``n``-th open day strictly after ``day``; ``day`` itself for 0."""
        for _ in range(n):
            day += _DAY
            while not self.is_open(day):
                day += _DAY
        return day


class TargetCalendar:
    """Days on which the banks settle transfers in euros (TARGET).

    Closed at weekends, on 1 January, Good Friday, Easter Monday, 1 May, 25 and 26 December;
    open on the other French public holidays.
    """

    def closed_name(self, day: date) -> str | None:
        """The holiday of the banks a day is, in French; None for any other day."""
        if day not in _target_holidays(day.year):
            return None
        # Alsace-Moselle keeps all of them, so their French names are there.
        return _public_holidays(HolidayZone.ALSACE_MOSELLE, day.year).get(day, _BANKS_CLOSED)

    def is_bank_day(self, day: date) -> bool:
        return day.weekday() < SATURDAY and self.closed_name(day) is None

    def nth_bank_day(self, day: date, n: int) -> date:
        """The ``n``-th bank day strictly after ``day``; ``day`` itself for 0."""
        for _ in range(n):
            day += _DAY
            while not self.is_bank_day(day):
                day += _DAY
        return day


@cache
def _public_holidays(zone: HolidayZone, year: int) -> Mapping[date, str]:
    """C. trav. L3133-1 everywhere, L3134-13 in Alsace-Moselle, L3422-2 overseas.

    The library's overseas subdivisions also hold local customs (Mi-Carême, Good Friday,
    Victor Schoelcher's day): those are not legal holidays and the shop is open, so the one
    legal day of each department is written here.
    """
    import holidays  # noqa: PLC0415 - 60 ms; not wanted before the first paint

    subdivision = "57" if zone is HolidayZone.ALSACE_MOSELLE else None
    known = holidays.country_holidays("FR", subdiv=subdivision, years=year, language="fr")
    days = dict(known.items())
    if zone in _ABOLITION:
        days[date(year, *_ABOLITION[zone])] = _ABOLITION_NAME
    return days


@cache
def _target_holidays(year: int) -> frozenset[date]:
    import holidays  # noqa: PLC0415 - 60 ms; not wanted before the first paint

    return frozenset(holidays.financial_holidays("XECB", years=year))
