"""E-mail addresses: whether one can exist, and what was probably meant (R1: optional).

Owns the syntax asked for and the slips that callers make. A suggestion is offered, never
applied, and nothing here asks the network.
"""

from __future__ import annotations

from collections.abc import Mapping

from models.errors import DomainError

_PROVIDERS = (  # noqa: SIM905 - words read best as words
    "orange.fr wanadoo.fr free.fr laposte.net sfr.fr gmail.com hotmail.fr hotmail.com yahoo.fr "
    "yahoo.com outlook.fr outlook.com live.fr bbox.fr neuf.fr numericable.fr aol.com msn.com "
    "icloud.com club-internet.fr cegetel.net aliceadsl.fr 9online.fr noos.fr gmx.fr "
    "protonmail.com proton.me me.com nordnet.fr ymail.com"
).split()

_NO_GUESS = frozenset({"live.com", "aol.fr", "gmx.com", "gmx.net", "mail.com", "mac.com"})
"""Real, and close enough to another to be taken for a slip."""

_OTHER_ENDING: Mapping[str, str] = {
    "orange.com": "orange.fr",
    "wanadoo.com": "wanadoo.fr",
    "laposte.fr": "laposte.net",
    "laposte.com": "laposte.net",
    "gmail.fr": "gmail.com",
    "free.com": "free.fr",
    "sfr.com": "sfr.fr",
    "neuf.com": "neuf.fr",
    "bbox.com": "bbox.fr",
    "icloud.fr": "icloud.com",
    "msn.fr": "msn.com",
}

_SHORT_DOMAIN = 7
"""Up to this length one slip is believed, beyond it two."""


def check_email(text: str) -> str:
    """The address, stripped, its domain in lower case (RFC 5321, at most 64 and 254 long).

    Addresses with accents are refused: too few servers take them. Raises
    DomainError("email_malformed").
    """
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 - 60 ms, rarely

    try:
        checked = validate_email(
            text.strip(), check_deliverability=False, allow_smtputf8=False, strict=True
        )
    except EmailNotValidError as error:
        raise DomainError("email_malformed") from error
    return checked.normalized


def suggest_email(text: str) -> str | None:
    """What was probably meant, None where nothing better is known.

    A comma for a dot, a space, "www." in front, a provider with a slip or another ending.
    What is suggested is always well formed.
    """
    mended = "".join(text.split()).replace(",", ".").removeprefix("www.")
    local, at, domain = mended.rpartition("@")
    if not at:
        return None
    meant = f"{local}@{_provider_meant(domain.lower()) or domain}"
    return meant if meant != text.strip() and _is_well_formed(meant) else None


def _provider_meant(domain: str) -> str | None:
    if domain in _PROVIDERS or domain in _NO_GUESS:
        return None
    if domain in _OTHER_ENDING:
        return _OTHER_ENDING[domain]
    return _nearest_provider(domain) or _only_provider_named(domain)


def _nearest_provider(domain: str) -> str | None:
    """The one provider that is nearer than all others, within the slips believed."""
    slips = 1 if len(domain) <= _SHORT_DOMAIN else 2
    distances = sorted((_distance(domain, known), known) for known in _PROVIDERS)
    (best, known), (second, _) = distances[:2]
    return known if best <= slips and best < second else None


def _only_provider_named(domain: str) -> str | None:
    """For "orange" orange.fr; "hotmail" may be two of them, so it is asked again."""
    named = [known for known in _PROVIDERS if known.partition(".")[0] == domain]
    return named[0] if len(named) == 1 else None


def _is_well_formed(email: str) -> bool:
    try:
        check_email(email)
    except DomainError:
        return False
    return True


def _distance(left: str, right: str) -> int:
    """Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        two_before, before, row = before, row, [i]
        for j, b in enumerate(right, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, two_before[j - 2] + 1)
            row.append(cost)
    return row[-1]
