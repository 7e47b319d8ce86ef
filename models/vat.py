"""The VAT inside prices that include it (TTC), and where none is due.

Owns the regime of a destination and the split per rate. Knows no cart; the amounts it is
given are what is paid, and stay so. Sources: CGI art. 262 I, 278, 294; an
accountant has yet to confirm the mentions before they are printed on an invoice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from models.money import BASIS_POINTS, round_half_up


class VatRegime(StrEnum):
    """Where a parcel goes, as far as VAT is concerned, for a seller in metropolitan France."""

    DOMESTIC = "domestic"
    """Metropole, Corsica, Monaco: VAT at the rate of each article."""
    EXPORT_DROM = "export_drom"
    """971 to 974 and 976: an export (CGI art. 294)."""
    EXPORT_TERRITORY = "export_territory"
    """975, 977, 978, 984 and 986 to 988: outside the VAT territory (CGI art. 262 I)."""

    @property
    def is_due(self) -> bool:
        return self is VatRegime.DOMESTIC

    @property
    def mention(self) -> str | None:
        """The sentence the order and invoice must carry where no VAT is due."""
        return _MENTIONS.get(self)


_MENTIONS = {
    VatRegime.EXPORT_DROM: (
        "Exonération de TVA en application de l'article 294 du code général des impôts"
    ),
    VatRegime.EXPORT_TERRITORY: (
        "Exonération de TVA en application de l'article 262 I du code général des impôts"
    ),
}

_DROM = frozenset({"971", "972", "973", "974", "976"})
_TERRITORIES = frozenset({"975", "977", "978", "984", "986", "987", "988"})
_POSTCODES_OF_977_978 = frozenset({"97133", "97150"})
"""Saint-Barthélemy and Saint-Martin left Guadeloupe in 2007 and kept its postcodes."""


@dataclass(frozen=True, slots=True)
class VatShare:
    """VAT contained in the part of the total at one rate, all in cents."""

    rate_bp: int
    gross_cents: int
    net_cents: int
    vat_cents: int


def vat_regime(postcode: str) -> VatRegime:
    """Of a French postcode; one that is unknown or still missing counts as domestic."""
    bare = postcode.replace(" ", "")
    if bare in _POSTCODES_OF_977_978 or bare[:3] in _TERRITORIES:
        return VatRegime.EXPORT_TERRITORY
    return VatRegime.EXPORT_DROM if bare[:3] in _DROM else VatRegime.DOMESTIC


def vat_shares(gross_by_rate: Mapping[int, int]) -> tuple[VatShare, ...]:
    """The VAT in each rate's total, highest rate first; rates with nothing paid are left out.

    Net is ``gross / (1 + rate)`` rounded once on the total of the rate, VAT the rest, so that
    net and VAT always sum to what is paid. Per line it would differ by cents.
    """
    return tuple(
        _share(rate_bp, gross)
        for rate_bp, gross in sorted(gross_by_rate.items(), reverse=True)
        if gross
    )


def _share(rate_bp: int, gross: int) -> VatShare:
    net = round_half_up(gross * BASIS_POINTS, BASIS_POINTS + rate_bp)
    return VatShare(rate_bp, gross, net, gross - net)
