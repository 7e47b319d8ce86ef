"""The demo shop's customers and codes: invented, deterministic.

Pure. The people live nowhere, their numbers are of the blocks ARCEP keeps for fiction, their
mail goes to example.org (RFC 2606). The codes show every kind and every refusal of R7.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import NAMESPACE_URL, UUID, uuid5
from zoneinfo import ZoneInfo

from models.customer import (
    Address,
    Civility,
    Customer,
    Dwelling,
    PersonName,
    Phone,
    PhoneKind,
)
from models.vouchers import Voucher, VoucherKind

_PARIS = ZoneInfo("Europe/Paris")
_NAMESPACE = uuid5(NAMESPACE_URL, "https://example.org/kiosk/demo")


def demo_customers(as_of: datetime) -> list[Customer]:
    """A dozen people all over France; the same ids in every run and on every machine.

    ``as_of`` changes nothing yet: nobody here has a date of their own.
    """
    del as_of
    return [_customer(person) for person in _PEOPLE]


def demo_customer_id(name: str) -> UUID:
    """The id of a demo customer by last name."""
    return uuid5(_NAMESPACE, f"customer/{name}")


def demo_vouchers(as_of: datetime) -> list[Voucher]:
    """Codes for every kind and refusal of R7, with dates around the day of ``as_of``."""
    today = as_of.astimezone(_PARIS).date()
    return [*_promotions(today), *_out_of_time(today), *_restricted(), *_credits()]


# --- codes --------------------------------------------------------------------


def _promotions(today: date) -> list[Voucher]:
    percent, amount = VoucherKind.PERCENT, VoucherKind.AMOUNT
    end_of_year = date(today.year, 12, 31)
    return [
        Voucher("BIENVENUE10", percent, percent_bp=1000, uses_per_customer_max=1),
        Voucher("MERCI5", amount, amount_cents=500, minimum_total_cents=3000),
        Voucher("PORTOFFERT", VoucherKind.FREE_DELIVERY, is_combinable=True),
        Voucher("FIDELITE3", amount, amount_cents=300, is_combinable=True),
        Voucher("Noel2026", percent, percent_bp=500, valid_until=end_of_year),
        Voucher("KIOSK1O0", amount, amount_cents=100),
        Voucher("RENTREE20", percent, percent_bp=2000, uses=100, uses_max=100),
    ]


def _out_of_time(today: date) -> list[Voucher]:
    return [
        Voucher(
            "ETE2026",
            VoucherKind.PERCENT,
            percent_bp=1500,
            valid_from=today - timedelta(days=150),
            valid_until=today - timedelta(days=42),
        ),
        Voucher(
            "BIENTOT15",
            VoucherKind.PERCENT,
            percent_bp=1500,
            valid_from=today + timedelta(days=14),
            valid_until=today + timedelta(days=60),
        ),
    ]


def _restricted() -> list[Voucher]:
    lc970 = ("BRO-LC970BK", "BRO-LC970C", "BRO-LC970M", "BRO-LC970Y", "BRO-LC970PK4")
    return [
        Voucher("EPSON15", VoucherKind.PERCENT, percent_bp=1500, brands=("Epson",)),
        Voucher("LC970MOINS2", VoucherKind.AMOUNT, amount_cents=200, skus=lc970),
        Voucher(
            "DUVAL-MERCI",
            VoucherKind.AMOUNT,
            amount_cents=1000,
            customer_id=demo_customer_id("DUVAL"),
            uses_max=1,
        ),
    ]


def _credits() -> list[Voucher]:
    return [
        Voucher("AVOIR-4827-K", VoucherKind.CREDIT, amount_cents=4000, remaining_cents=2340),
        Voucher("AVOIR-1309-T", VoucherKind.CREDIT, amount_cents=1290, remaining_cents=0),
    ]


# --- people -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Person:
    civility: Civility
    first_name: str
    last_name: str
    phones: tuple[str, ...]
    street: str
    postcode: str
    city: str
    inside: str = ""
    outside: str = ""
    place: str = ""
    email: str | None = None
    printers: tuple[str, ...] = ()


_MME, _M = Civility.MME, Civility.M

_PEOPLE = (
    _Person(
        _MME, "Jeanne", "DUVAL", ("0199001234",), "14 rue des Tilleuls", "51100", "Reims",
        inside="3e étage, porte droite", printers=("brother-dcp-350c",),
    ),
    _Person(
        _MME, "Odette", "ROUX", ("0199004567",), "3 impasse du Lavoir", "87000", "Limoges",
        printers=("canon-pixma-mg5750",),
    ),
    _Person(
        _M, "Marcel", "LE GOFF", ("0639981122", "0199007788"), "27 rue du Phare", "29200", "Brest",
        email="marcel.legoff@example.org", printers=("epson-expression-home-xp-215",),
    ),
    _Person(
        _MME, "Nadia", "BENALI", ("0639983344",), "8 avenue des Acacias", "13008", "Marseille",
        inside="Appartement 42", outside="Résidence Les Mouettes, bâtiment B",
        email="nadia.benali@example.org", printers=("hp-deskjet-2540",),
    ),
    _Person(
        _M, "Émile", "SCHMITT", ("0199002211",), "5 rue de la Cigogne", "67000", "Strasbourg",
        printers=("brother-dcp-350c", "hp-deskjet-2540"),
    ),
    _Person(
        _MME, "Marie-Thérèse", "HOARAU", ("0639985566",), "112 chemin des Letchis", "97400",
        "Saint-Denis", email="mt.hoarau@example.org", printers=("epson-expression-home-xp-215",),
    ),
    _Person(
        _M, "Ange", "PIETRI", ("0199003399",), "2 montée du Moulin", "20000", "Ajaccio",
        place="Lieu-dit Pietralba",
    ),
    _Person(
        _MME, "Élodie", "D'HÉROUVILLE", ("0639987700",), "61 rue du Beffroi", "59000", "Lille",
        inside="Rez-de-chaussée, porte 2", email="elodie@example.org",
        printers=("canon-pixma-mg5750",),
    ),
    _Person(
        _M, "Jean-Baptiste", "NGUYEN", ("0639989900", "0199005151"), "19 quai des Tanneurs",
        "44000", "Nantes", printers=("brother-dcp-350c",),
    ),
    _Person(
        _MME, "Suzanne", "DUVALLE", ("0199006262",), "7 place du Pressoir", "51100", "Reims",
        printers=("hp-deskjet-2540",),
    ),
    _Person(
        _M, "Œdipe", "LEFÈVRE", ("0639982468",), "33 rue du Capitole-Vieux", "31000", "Toulouse",
        email="o.lefevre@example.org",
    ),
    _Person(
        _MME, "Test", "[/b]", ("0199008080",), "1 rue [bold]Crochet[/]", "69003", "Lyon",
        printers=("brother-dcp-350c",),
    ),
)  # fmt: skip


def _customer(person: _Person) -> Customer:
    is_flat = bool(person.inside or person.outside)
    return Customer(
        customer_id=demo_customer_id(person.last_name),
        name=PersonName(person.civility, person.first_name, person.last_name),
        phones=tuple(_phone(number) for number in person.phones),
        billing=Address(
            street=person.street,
            postcode=person.postcode,
            city=person.city,
            dwelling=Dwelling.FLAT if is_flat else Dwelling.HOUSE,
            inside=person.inside,
            outside=person.outside,
            place=person.place,
        ),
        email=person.email,
        printers=person.printers,
    )


def _phone(national: str) -> Phone:
    is_mobile = national.startswith(("06", "07"))
    return Phone(
        e164=f"+33{national[1:]}",
        kind=PhoneKind.MOBILE if is_mobile else PhoneKind.LANDLINE,
        can_receive_sms=is_mobile,
    )
