"""One key at a time: a key is handled when everything the key before it caused is done.

Textual hands each key to the focused widget's own queue and goes on with the next one; a
key that the widget leaves comes back to the application behind keys typed later. With a
barcode scanner, a fast hand or a slow line that means a step key followed by text lands on
the wrong screen. Here the application waits until the messages of one key have run out,
the writes they asked for included, before it takes the next. So every change of a draft is
on disk before the next key is handled, and nothing typed ahead is lost or misplaced.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual import events
from textual.message import Message
from textual.message_pump import MessagePump

if TYPE_CHECKING:
    from textual.app import App

    _Base = App[None]
else:
    _Base = object

PATIENCE_SECONDS = 10
"""A turn that has not ended by then is given up, so that keys are never shut out for good."""


class KeyTurns(_Base):
    """Mixin for an App; stands before it in the bases."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        self._left_over: list[events.Key] = []
        self._turns_begun = self._turns_ended = 0
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]

    def post_message(self, message: Message) -> bool:
        """Keep a key that bubbled up for the end of its own turn, not of the queue."""
        if isinstance(message, events.Key) and message.is_forwarded:
            self._left_over.append(message)
            return True
        return super().post_message(message)

    async def on_event(self, event: events.Event) -> None:
        begins_turn = isinstance(event, events.Key | events.Paste) and not event.is_forwarded
        if not begins_turn:
            await super().on_event(event)
            return
        self._turns_begun += 1
        try:
            await super().on_event(event)
            await self._until_done()
            while self._left_over:
                await super().on_event(self._left_over.pop(0))
                await self._until_done()
        finally:
            self._turns_ended += 1

    async def quiet(self, seconds: float) -> None:
        """Until no key has been in hand for so long: what may wait comes after all of them."""
        is_quiet = False
        while not is_quiet:
            begun = self._turns_begun
            await asyncio.sleep(seconds)
            is_quiet = self._turns_ended == self._turns_begun == begun

    async def _until_done(self) -> None:
        """Until the queues from the focus up to the screen have run out, and focus rests."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                before: MessagePump | None = None
                while (here := self.focused or self.screen) is not before:
                    before = here
                    for node in here.ancestors_with_self:
                        if node is not self:
                            await drained(node)
        except TimeoutError:
            self.log.warning("a key's turn was given up")


async def drained(node: MessagePump) -> None:
    """Until ``node`` has handled all that was in its queue."""
    done = asyncio.Event()
    if node.is_running and node.call_later(done.set):
        await done.wait()
