"""French words for things: cartridges, colours, states, ways to pay.

Owns the short names that stand in lists and are said on the phone; whole sentences belong
to its neighbours. Knows nothing of where the things come from.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from models.catalogue import Capacity, Cartridge, Colour, Origin, PrinterKind, Technology
from models.customer import Civility, Dwelling, PhoneKind
from models.order import OrderState
from models.payment import LinkChannel, PaymentMethod, PaymentState

_COLOURS: Mapping[Colour, str] = {
    Colour.BLACK: "noir",
    Colour.CYAN: "cyan",
    Colour.MAGENTA: "magenta",
    Colour.YELLOW: "jaune",
    Colour.TRICOLOUR: "trois couleurs",
    Colour.PHOTO_BLACK: "noir photo",
    Colour.PHOTO_COLOUR: "couleur photo",
    Colour.PHOTO_BLUE: "bleu photo",
    Colour.LIGHT_CYAN: "cyan clair",
    Colour.LIGHT_MAGENTA: "magenta clair",
    Colour.MATTE_BLACK: "noir mat",
    Colour.GREY: "gris",
    Colour.LIGHT_GREY: "gris clair",
    Colour.DARK_GREY: "gris foncé",
    Colour.RED: "rouge",
    Colour.GREEN: "vert",
    Colour.BLUE: "bleu",
    Colour.ORANGE: "orange",
    Colour.GLOSS_OPTIMISER: "optimiseur de brillance",
    Colour.BLACK_RED: "noir et rouge",
    Colour.NONE: "",
}

_CAPACITIES: Mapping[Capacity, str] = {
    Capacity.STANDARD: "",
    Capacity.XL: "XL",
    Capacity.XXL: "XXL",
}

_TECHNOLOGIES: Mapping[Technology, str] = {
    Technology.INK: "",
    Technology.TONER: "toner",
    Technology.DRUM: "tambour",
    Technology.RIBBON: "ruban",
}
"""Said in a label where it is not plain ink: a TN and a DR are easily taken for each other."""

_PRINTER_KINDS: Mapping[PrinterKind, str] = {
    PrinterKind.INKJET: "jet d'encre",
    PrinterKind.LASER: "laser",
    PrinterKind.OTHER: "à ruban",
}

_PHONE_KINDS: Mapping[PhoneKind, str] = {
    PhoneKind.LANDLINE: "fixe",
    PhoneKind.MOBILE: "mobile",
    PhoneKind.VOIP: "fixe par internet",
    PhoneKind.SERVICE: "numéro spécial",
    PhoneKind.FOREIGN: "étranger",
}

_METHODS: Mapping[PaymentMethod, str] = {
    PaymentMethod.CARD_LINK: "carte bancaire, par lien",
    PaymentMethod.PAYPAL_LINK: "PayPal, par lien",
    PaymentMethod.TRANSFER: "virement",
    PaymentMethod.CHEQUE: "chèque",
}

_ORDER_STATES: Mapping[OrderState, str] = {
    OrderState.AWAITING_PAYMENT: "en attente de paiement",
    OrderState.IN_PREPARATION: "en cours de préparation",
    OrderState.DISPATCHED: "expédiée",
    OrderState.DELIVERED: "livrée",
    OrderState.CANCELLED: "annulée",
    OrderState.RETURNED: "retournée",
}

_PAYMENT_STATES: Mapping[PaymentState, str] = {
    PaymentState.AWAITED: "attendu",
    PaymentState.PAID: "payé",
    PaymentState.REPLACED: "remplacé par une autre demande",
    PaymentState.CANCELLED: "annulé",
}

_CHANNELS: Mapping[LinkChannel, str] = {LinkChannel.SMS: "SMS", LinkChannel.EMAIL: "e-mail"}

_DWELLINGS: Mapping[Dwelling, str] = {Dwelling.HOUSE: "maison", Dwelling.FLAT: "appartement"}

_UNAVAILABLE: Mapping[str, str] = {
    "no_mobile_and_no_email": "ni mobile ni e-mail : aucun lien ne peut être envoyé",
}


def colour_word(colour: Colour) -> str:
    """As in "noir", "cyan clair"; empty for a drum or a pack."""
    return _COLOURS[colour]


def capacity_word(capacity: Capacity) -> str:
    """As in "XL", "XXL"; empty for the standard one."""
    return _CAPACITIES[capacity]


def technology_word(technology: Technology) -> str:
    """As in "toner", "tambour"; empty for ink, which goes without saying."""
    return _TECHNOLOGIES[technology]


def printer_kind_word(kind: PrinterKind) -> str:
    return _PRINTER_KINDS[kind]


def phone_kind_word(kind: PhoneKind) -> str:
    return _PHONE_KINDS[kind]


def method_name(method: PaymentMethod) -> str:
    return _METHODS[method]


def state_name(state: OrderState) -> str:
    """The words of R15."""
    return _ORDER_STATES[state]


def payment_state_name(state: PaymentState) -> str:
    return _PAYMENT_STATES[state]


def channel_name(channel: LinkChannel) -> str:
    return _CHANNELS[channel]


def dwelling_word(dwelling: Dwelling) -> str:
    return _DWELLINGS[dwelling]


def unavailable_sentence(code: str) -> str:
    """Why a way to pay cannot be had, for a code of ``models.payment.unavailable_because``."""
    return _UNAVAILABLE.get(code, "indisponible pour ce client")


def civility_word(civility: Civility) -> str:
    """As written before a name: "Mme", "M."."""
    return "Mme" if civility is Civility.MME else "M."


def civility_spoken(civility: Civility) -> str:
    return "Madame" if civility is Civility.MME else "Monsieur"


# --- cartridges --------------------------------------------------------------

_CAPACITY_TAIL = re.compile(r"(?<=\w)X?XL$")
_COLOUR_TAIL = re.compile(r"(?<=\d)(?:BK|[KCMY])$")
_CAPACITY_AND_COLOUR_TAIL = re.compile(r"(?<=\d)(?:XX?L)?(?:BK|GY|P[BCM]|[KCMYGR])?$")
"""Of CLI-571XLGY, whose capacity and colour are said in words."""
_LETTERS = re.compile(r"[A-Z]+")


def cartridge_label(cartridge: Cartridge) -> str:
    """As said on the phone: "LC-970 noir", "301 XL noir", "LC-970 pack des 4".

    What is not ink says so ("TN-2320 toner noir", "DR-2300 tambour"), the shop's own
    says "compatible". No two articles that fit one printer share a label.
    """
    printed = _CAPACITY_TAIL.search(cartridge.series)
    parts = (
        _spoken_name(cartridge),
        # A 907XL holds as much as an XXL, but XL is what its owner reads on it.
        printed[0] if printed else capacity_word(cartridge.capacity),
        "" if cartridge.is_pack else technology_word(cartridge.technology),
        _what_is_in_it(cartridge),
        "compatible" if cartridge.origin is Origin.SHOP else "",
    )
    return " ".join(part for part in parts if part)


def _what_is_in_it(cartridge: Cartridge) -> str:
    if cartridge.is_pack:
        return f"pack des {len(cartridge.contents)}"
    return colour_word(cartridge.colour)


def _spoken_name(cartridge: Cartridge) -> str:
    """The series, or the reference on the box where the series does not tell it apart."""
    series = _CAPACITY_TAIL.sub("", cartridge.series)
    if cartridge.is_pack:
        return series
    if cartridge.technology is Technology.DRUM:
        return _reference_as_said(cartridge)
    if "/" in series:
        return _CAPACITY_AND_COLOUR_TAIL.sub("", _reference_as_said(cartridge), count=1)
    if cartridge.technology is Technology.INK or series[:1].isdigit():
        return series
    if not _is_same_family(cartridge):
        # The series is a printer's name ("M2000"): several toners answer to it.
        return f"{series} {cartridge.oem_reference}"
    return series if _series_tells_enough(cartridge) else _reference_as_said(cartridge)


def _is_same_family(cartridge: Cartridge) -> bool:
    """TN-3512 in the series TN-3400, but not S050435 in the series M2000."""
    return _leading_letters(cartridge.series) == _leading_letters(cartridge.oem_reference)


def _series_tells_enough(cartridge: Cartridge) -> bool:
    """False for MLT-D203E in the series MLT-D203, where E is a yield, and for TN-3512."""
    series, reference = _bare(cartridge.series), _bare(cartridge.oem_reference)
    if not reference.startswith(series):
        return False
    rest = reference.removeprefix(series)
    return len(rest) != 1 or rest in "KCMY"


def _reference_as_said(cartridge: Cartridge) -> str:
    """TN3512 as TN-3512 where its series is written TN-3400; the colour is said in words."""
    reference = _COLOUR_TAIL.sub("", cartridge.oem_reference.removesuffix("-DRUM"))
    if "-" not in cartridge.series:
        return reference
    return re.sub(r"^([A-Z]+)(?=\d)", r"\1-", reference)


def _leading_letters(text: str) -> str:
    found = _LETTERS.match(text.upper())
    return found[0] if found else ""


def _bare(text: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", text.upper())
