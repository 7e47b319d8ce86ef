"""One caller and what they want, drawn by chance and told to a real desk.

Owns the variety: people known and new, few articles that many want, codes that run out,
minds that change. What is done with it, and what may be said, is the desk's.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from models.catalogue import Article
from models.draft import CustomerEntry, Draft, PersonEntry
from models.payment import PaymentMethod
from services.desk import Desk
from services.desk_state import DeskState
from services.ports import Catalogue

Choice = TypeVar("Choice")

LAST_NAMES = ("AUBRAC", "BOISSY", "CARMET", "DELORT", "ESNAULT", "FERRAND", "GUILLOU", "HUMBERT")
FIRST_NAMES = ("Agathe", "Bastien", "Colette", "Denis", "Edwige", "Firmin", "Ginette", "Hector")
STREETS = ("rue des Tilleuls", "avenue du Lavoir", "place de la Gare", "chemin des Vignes")
PLACES = (("51100", "Reims"), ("87000", "Limoges"), ("29200", "Brest"), ("67000", "Strasbourg"))
KNOWN_ENDINGS = ("1234", "4567", "7788", "3344", "2211")
"""Of the phones of people that central knew from the beginning."""

CODES = ("TOUJOURS5", "RARE10", "RARE3", "UNEFOIS", "PORTOFFERT")
CREDITS = 4
KNOWN_SHARE = 0.4
CODE_SHARE = 0.5
CREDIT_SHARE = 0.15
POPULAR = 3
"""The higher, the more callers want the same few articles."""


@dataclass(frozen=True, slots=True)
class Caller:
    """``chance`` decides everything; ``at`` gives the time of day."""

    chance: random.Random
    catalogue: Catalogue

    def fill(self, desk: Desk, draft: Draft, now: datetime) -> DeskState:
        """Say everything an order needs, step by step: each is on disk before the next.
        Nothing is left to say where the payment, which comes last, was said before.
        """
        if draft.payment_method is not None:
            return desk.refresh(draft)
        state = desk.change(self.with_articles(draft, now))
        state = self._say_codes(desk, state)
        state = self._say_who(desk, state)
        return desk.change(replace(state.draft, payment_method=self._payment(state.draft)))

    def with_articles(self, draft: Draft, now: datetime) -> Draft:
        """One to four articles more in the cart."""
        cart = draft.cart
        for _ in range(self.chance.randint(1, 4)):
            article = self._article()
            if not cart.quantity_of(article.sku):
                price = article.offer.price_cents
                quantity = self.chance.randint(1, 3)
                cart = cart.set_quantity(article.sku, quantity, price_cents=price, at=now)
        return replace(draft, cart=cart)

    def with_other_quantities(self, draft: Draft, now: datetime) -> Draft:
        """A line less, or another number of one."""
        line = self.chance.choice(draft.cart.lines)
        least = 0 if len(draft.cart.lines) > 1 else 1
        quantity = self.chance.randint(least, 4)
        price = line.said_price_cents or 0
        cart = draft.cart.set_quantity(line.sku, quantity, price_cents=price, at=now)
        return replace(draft, cart=cart)

    def _article(self) -> Article:
        brand = self._popular(self.catalogue.brands())
        printer = self._popular(self.catalogue.printers(brand))
        return self._popular(self.catalogue.articles_for(printer.printer_id))

    def _popular(self, choices: Sequence[Choice]) -> Choice:
        """The first ones most often."""
        return choices[int(len(choices) * self.chance.random() ** POPULAR)]

    def _say_codes(self, desk: Desk, state: DeskState) -> DeskState:
        wanted = [code for code in CODES if self.chance.random() < CODE_SHARE / len(CODES)]
        if self.chance.random() < CREDIT_SHARE:
            wanted.append(f"AVOIR-{self.chance.randrange(CREDITS)}-K")
        for code in wanted:
            state, _ = desk.give_code(state.draft, code)
        return state

    def _say_who(self, desk: Desk, state: DeskState) -> DeskState:
        if self.chance.random() < KNOWN_SHARE:
            found = desk.find_customers(self._ending())
            if found:
                return desk.choose_customer(state.draft, self.chance.choice(list(found)))
        return desk.change(replace(state.draft, customer=self._somebody()))

    def _ending(self) -> str:
        """Of a phone: of somebody from the beginning, or of whoever called before."""
        if self.chance.random() < 0.5:
            return self.chance.choice(KNOWN_ENDINGS)
        return f"00{self.chance.randrange(100):02}"

    def _somebody(self) -> CustomerEntry:
        postcode, city = self.chance.choice(PLACES)
        return CustomerEntry(
            person=PersonEntry(
                civility=self.chance.choice(("mme", "m")),
                last_name=self.chance.choice(LAST_NAMES),
                first_name=self.chance.choice(FIRST_NAMES),
                dwelling="house",
                street=f"{self.chance.randint(1, 199)} {self.chance.choice(STREETS)}",
                postcode=postcode,
                city=city,
            ),
            phone=f"01 99 00 00 {self.chance.randrange(100):02}",
            email=self.chance.choice(("", "appel@example.org")),
        )

    def _payment(self, draft: Draft) -> PaymentMethod:
        ways = [PaymentMethod.CHEQUE, PaymentMethod.TRANSFER]
        if draft.customer.email:
            ways += [PaymentMethod.CARD_LINK, PaymentMethod.PAYPAL_LINK]
        return self.chance.choice(ways)
