"""An order's account: what it costs and what came in for it; so what is still to come, or has to
go back. Pure arithmetic, in cents; knows no request, no method and no state.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Account:
    """``costs_cents``: what is to be paid for the order in all, nothing where credits cover it
    or it is cancelled. ``paid_cents``: what came in for it, less what went back. Neither is
    below 0.
    """

    costs_cents: int
    paid_cents: int = 0

    @property
    def rest_cents(self) -> int:
        """What is still to come. 0 or more."""
        return max(0, self.costs_cents - self.paid_cents)

    @property
    def refund_due_cents(self) -> int:
        """What has to go back to the customer. 0 or more; never beside a rest."""
        return max(0, self.paid_cents - self.costs_cents)

    def with_more(self, cents: int) -> Account:
        """After so much came in; below 0, went back."""
        return Account(self.costs_cents, self.paid_cents + cents)
