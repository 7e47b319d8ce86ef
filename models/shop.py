"""The shop's own settings: fees, delays, who it is. One value, given to every rule that needs it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class HolidayZone(StrEnum):
    """Which public holidays the shop keeps (C. trav. L3133-1, L3134-13, L3422-2)."""

    METROPOLE = "metropole"
    ALSACE_MOSELLE = "alsace-moselle"
    GUADELOUPE = "guadeloupe"
    MARTINIQUE = "martinique"
    GUYANE = "guyane"
    REUNION = "reunion"
    MAYOTTE = "mayotte"


@dataclass(frozen=True, slots=True)
class ShopRules:
    """Amounts in cents TTC, delays in days or seconds as the names say."""

    delivery_fee_cents: int = 490
    free_delivery_from_cents: int = 3900
    """Of goods after discounts; 0 or less makes delivery always free."""
    delivery_vat_rate_bp: int = 2000
    price_kept_seconds: int = 24 * 3600
    holiday_zone: HolidayZone = HolidayZone.METROPOLE
    dispatch_open_days: int = 2
    """R14: "48 h", counted as open days after the order may be prepared."""
    transfer_bank_days_max: int = 4
    """R11: one to four TARGET days."""
    cheque_post_days: int = 5
    """Open days a posted cheque is expected to take at most; an estimate, said as one."""
    currency: str = "EUR"
    name: str = "Kiosk Encre"
    cheque_payee: str = "Kiosk Encre SARL"
    account_holder: str = "KIOSK ENCRE SARL"
    """Exact, because the payer's bank compares it with the IBAN (VoP, 9 Oct 2025)."""
    iban: str = "FR7630006000011234567890189"
    postal_address: tuple[str, ...] = ("Kiosk Encre", "12 rue des Essais", "51100 REIMS")
    service_phone: str = "01 99 00 12 34"
    service_hours: str = "du lundi au samedi, de 9 heures à 19 heures"
