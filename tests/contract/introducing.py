"""A console that is introduced with a code, for the tests of who it is afterwards."""

from __future__ import annotations

from functools import partial

from contract.conftest import Console, Shop
from contract.line import FaultyLine

from central.store.enrolments import allow_enrolment
from models.enrolment_code import new_code
from services.adapters.central_enrolment import ask_introduction, new_key
from services.adapters.central_http import CentralHttp
from services.adapters.central_line import CentralLine
from services.sync.engine import SyncEngine
from services.sync.enrolment import Enrolment, enrol_with_code, read_enrolment

CODE = new_code(lambda _: 7)
OTHER_CODE = new_code(lambda _: 3)


class Introducing:
    """A console that asks who it is, on a line that fails as it is told to."""

    def __init__(self, console: Console, shop: Shop) -> None:
        self.console = console
        self.shop = shop
        self.line = FaultyLine(applies_to="POST")
        self._central = CentralLine(lambda: shop.url, transport=self.line)

    def allow(self, name: str, code: str = CODE) -> None:
        with self.shop.database.write() as connection:
            allow_enrolment(connection, name, code=code, at=self.shop.clock.at)

    def ask(self, code: str = CODE) -> Enrolment:
        return enrol_with_code(
            self.console.store,
            self.shop.clock,
            self.shop.url,
            code,
            ask=partial(ask_introduction, self._central, pause=lambda _: None),
            new_key=new_key,
        )

    def kept(self) -> Enrolment | None:
        with self.console.store.read() as tx:
            return read_enrolment(tx.settings)

    def references_left(self) -> int:
        with self.console.store.read() as tx:
            return tx.references.left()

    def engine(self) -> SyncEngine:
        enrolment = self.kept()
        assert enrolment is not None
        central = CentralHttp(lambda: self.shop.url, enrolment.token)
        return SyncEngine(
            self.console.store,
            self.console.catalogue,
            lambda: central,
            self.shop.clock,
            block_size=20,
        )

    def close(self) -> None:
        self._central.close()
