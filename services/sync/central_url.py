"""Which addresses a console may be enrolled at: its token and people's names go there."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from models.errors import DomainError
from services.sync.enrolment import LOCAL


def check_central_url(url: str, *, is_insecure_accepted: bool = False) -> None:
    """``LOCAL``, https, or http on this computer; http elsewhere only where it is accepted.

    Raises DomainError("central_url_malformed" | "central_url_insecure").
    """
    if url == LOCAL:
        return
    try:
        scheme, host = urlsplit(url).scheme, urlsplit(url).hostname
    except ValueError as error:  # brackets without an IPv6 address in them
        raise DomainError("central_url_malformed", url=url) from error
    if scheme not in {"http", "https"} or not host:
        raise DomainError("central_url_malformed", url=url)
    if scheme == "http" and not is_insecure_accepted and not _is_this_computer(host):
        raise DomainError("central_url_insecure", url=url)


def _is_this_computer(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False  # a name, which may lead anywhere
