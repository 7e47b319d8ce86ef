"""Who works at this console, on the live console: asked once, verified beside the keys.

``screens.console.People``. Whether a password is right is ``services.sign_in``'s, which may
wait for the line; no key ever waits for it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from models.errors import KioskError
from screens.dialogs.sign_in import SignInDialog
from screens.step import StepScreen
from screens.words import _

if TYPE_CHECKING:
    from kiosk.app import KioskApp
    from kiosk.live import LiveConsole
    from services.desk import Desk
    from services.ports import KnownOperator


class LivePeople:
    """Made off the event loop, with the desk."""

    def __init__(self, live: LiveConsole, app: KioskApp, desk: Desk) -> None:
        self._live = live
        self._app = app
        self._desk = desk
        self._verifying: asyncio.Task[None] | None = None
        self.is_needed = desk.needs_sign_in()
        self._has_to_ask = False

    @property
    def operator_name(self) -> str:
        operator = self._desk.operator
        return operator.name if operator else ""

    @property
    def is_verifying(self) -> bool:
        return self._verifying is not None

    async def show(self) -> None:
        """The question; where there is nobody to be, that is said."""
        if not (self.is_needed or self.operator_name):
            self._live.say(_("La centrale n'a pas d'opérateurs : il n'y a rien à faire."))
        elif not isinstance(self._app.screen, SignInDialog):
            await self._app.push_screen(SignInDialog())

    def sign_in(self, login: str, password: str) -> None:
        """Begin to verify; the answer comes when it comes."""
        if self._verifying is None:
            self._verifying = asyncio.create_task(self._verify(login, password))
            self._live.say(_("Vérification en cours..."))

    async def sign_out(self) -> None:
        self._desk.sign_out()
        await self._live.refresh()

    async def look(self) -> None:
        """Whether somebody has to sign in may have changed. Who may not work here any more is
        signed out at once; who does, is asked when no call is in hand.
        """
        gone = await self._live.at_desk(lambda desk: desk.shut_out())
        self.is_needed = await self._live.at_desk(lambda desk: desk.needs_sign_in())
        if gone is None:
            return
        self._live.say(
            _("{name} n'a plus d'accès : Ctrl+P dit qui travaille.").format(name=gone.name)
        )
        self._has_to_ask = self.is_needed
        self._app.call_later(self.ask_if_owed)

    async def ask_if_owed(self) -> None:
        """Once, where somebody was signed out by central and no call is in hand: neither a
        caller nor what is being read aloud waits for the answer.
        """
        is_free = isinstance(self._app.screen, StepScreen) and self._live.state.draft.is_blank
        if self._has_to_ask and self.is_needed and is_free:
            self._has_to_ask = False
            await self.show()

    async def _verify(self, login: str, password: str) -> None:
        try:
            operator = await asyncio.to_thread(self._desk.sign_in, login, password)
            await self.look()
        except KioskError as error:
            self._verifying = None
            self._live.present(error)
        except Exception as error:  # noqa: BLE001 - the boundary of a background task
            self._app.fail(error)
        else:
            self._verifying = None
            # In the queue of the keys: no screen goes while a key is being handled on it.
            self._app.call_later(self._welcome, operator)

    async def _welcome(self, operator: KnownOperator) -> None:
        if isinstance(self._app.screen, SignInDialog):
            await self._app.pop_screen()
        self._live.say(_("Bonjour {name}").format(name=operator.name))
