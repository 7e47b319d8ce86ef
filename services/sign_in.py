"""Who works at this console: operators sign in, at central or, for a set time, without it.

Owns who is signed in while the program runs, and when a password may be verified here. A
shop without operators at its central works without signing in. No password is kept: only a
hash of it, made here when central had accepted it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

from models.errors import DomainError, Rejected, Unavailable
from services.drafts import storable
from services.ports import Central, Clock, KnownOperator, Passwords, SignedIn, Store

LOGIN_MAX = 100
PASSWORD_MAX = 200
"""Characters; longer ones central does not take."""

CENTRAL_SPOKE = frozenset({"unauthorised", "token_expired", "too_many_requests", "field_unknown"})
"""Central answered, and did not verify: nobody gets round that by pulling the plug."""


SLIPS_MAX = 5
SLIPS_WAIT = timedelta(minutes=5)
"""As at central: so many wrong passwords in a row, and then a wait, where it cannot be asked."""


class SignIn:
    """One running program's. Each method may be called from any thread; ``sign_in`` takes as
    long as the line and the hash do.
    """

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        passwords: Passwords,
        central: Callable[[], Central],
    ) -> None:
        """``central`` may raise Unavailable("not_enrolled")."""
        self._store = store
        self._clock = clock
        self._passwords = passwords
        self._central = central
        self._operator: KnownOperator | None = None
        self._slips: dict[str, list[datetime]] = {}

    @property
    def operator(self) -> KnownOperator | None:
        """Who is signed in; without the verifier."""
        return self._operator

    @property
    def operator_id(self) -> UUID | None:
        return self._operator.operator_id if self._operator else None

    def is_needed(self) -> bool:
        """Somebody has to sign in: the shop has operators, and none of them is signed in, or
        who was may not any more.
        """
        with self._store.read() as tx:
            allowed = {one.operator_id for one in tx.operators.all() if not one.is_disabled}
        return bool(allowed) and self.operator_id not in allowed

    def shut_out(self) -> KnownOperator | None:
        """Who was signed in and may not any more, as central told by now: nobody is signed in
        from here on. None where nothing of the kind happened, so once for each time.
        """
        before = self._operator
        if before is None:
            return None
        with self._store.read() as tx:
            allowed = {one.operator_id for one in tx.operators.all() if not one.is_disabled}
        if before.operator_id in allowed or self._operator is not before:
            return None
        self._operator = None
        return before

    def sign_in(self, login: str, password: str) -> KnownOperator:
        """Verified by central, or here where central cannot be reached.

        Raises DomainError("sign_in_refused") for a wrong login or password, or somebody who
        is disabled; Unavailable("too_many_requests") after too many of these without central;
        Unavailable("sign_in_offline_unknown") where central cannot be reached
        and this operator did not sign in here before, or too long ago; Unavailable as central
        says where it answers without verifying.
        """
        login, password = login.strip().casefold(), storable(password)
        is_login = 0 < len(login) <= LOGIN_MAX and login.isprintable()
        if not is_login or not 0 < len(password) <= PASSWORD_MAX:
            raise DomainError("sign_in_refused")
        operator = self._verified(login, password)
        self._operator = replace(operator, verifier=None)
        return self._operator

    def sign_out(self) -> None:
        self._operator = None

    def _verified(self, login: str, password: str) -> KnownOperator:
        before = self._known(login)
        try:
            signed = self._central().sign_in(login, password)
        except Rejected as error:
            self._forget(login, password)
            raise DomainError("sign_in_refused") from error
        except Unavailable as error:
            if error.code in CENTRAL_SPOKE:
                raise
            return self._verified_here(login, password, error)
        return self._remembered(signed, password, before)

    def _remembered(
        self, signed: SignedIn, password: str, before: KnownOperator | None
    ) -> KnownOperator:
        """From now on they can be verified here; unless central said meanwhile that they are
        disabled, which is newer than its yes. What was here ``before`` may be older.
        """
        operator = replace(
            signed.operator,
            verifier=self._passwords.verifier(password),
            verifiable_until=signed.offline_until,
        )
        with self._store.write() as tx:
            now = tx.operators.by_login(operator.login)
            if now is not None and now.is_disabled and now != before:
                raise DomainError("sign_in_refused")
            tx.operators.keep_verifier(operator)
        return operator

    def _verified_here(self, login: str, password: str, why: Unavailable) -> KnownOperator:
        known = self._known(login)
        if known is not None and known.is_disabled:
            raise DomainError("sign_in_refused") from why
        if known is None or known.verifier is None or not self._is_verifiable(known):
            raise Unavailable("sign_in_offline_unknown") from why
        slips = self._slips.setdefault(known.login, [])
        self._ensure_few(slips)
        if not self._passwords.is_right(password, known.verifier):
            slips.append(self._clock.now())
            raise DomainError("sign_in_refused") from why
        slips.clear()
        return known

    def _ensure_few(self, slips: list[datetime]) -> None:
        """Raises Unavailable("too_many_requests") after SLIPS_MAX of them, until the last is old."""
        if len(slips) < SLIPS_MAX:
            return
        waited = self._clock.now() - slips[-1]
        if timedelta() <= waited < SLIPS_WAIT:
            seconds = ceil((SLIPS_WAIT - waited).total_seconds())
            raise Unavailable("too_many_requests", retry_after_seconds=seconds)
        slips.clear()

    def _is_verifiable(self, known: KnownOperator) -> bool:
        return known.verifiable_until is not None and self._clock.now() < known.verifiable_until

    def _forget(self, login: str, password: str) -> None:
        """A password that central does not take any more does not count here either."""
        known = self._known(login)
        if known is None or known.verifier is None:
            return
        if self._passwords.is_right(password, known.verifier):
            with self._store.write() as tx:
                gone = replace(known, verifier=None, verifiable_until=None)
                tx.operators.keep_verifier(gone)

    def _known(self, login: str) -> KnownOperator | None:
        with self._store.read() as tx:
            return tx.operators.by_login(login)
