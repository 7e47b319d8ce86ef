"""Who works here: login and password, in a screen that can be left for later.

Nobody on the line waits for it: Escape or any step's key leaves it, and orders are taken
without it. The password is shown as dots, is handed on once, and is kept nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input

from screens.dialogs.dialog import Dialog
from screens.widgets.frame import KeyHint
from screens.widgets.plain import Plain
from screens.widgets.text_field import TextField
from screens.words import _

LOGIN_LIMIT, PASSWORD_LIMIT = 100, 200


class SignInDialog(Dialog):
    """Enter goes from login to password, and then verifies, beside the keys."""

    TITLE_TEXT = _("Qui travaille à ce poste ?")
    FIRST_FOCUS = "login"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "to('password')", show=False),
        Binding("up", "to('login')", show=False),
        Binding("ctrl+x", "sign_out", show=False, priority=True),  # else it cuts text in the field
    ]
    DEFAULT_CSS = """
    SignInDialog Horizontal { height: 1; }
    SignInDialog .label { width: 16; }
    """

    def compose_middle(self) -> Iterable[Widget]:
        if self._present():
            yield Plain(f"{self._present()}\n")
        for name, label in (("login", _("Identifiant")), ("password", _("Mot de passe"))):
            with Horizontal():
                yield Plain(label, classes="label")
                yield self._field(name)
        yield Plain("")
        yield Plain(_("Un appel arrive ? Échap : les commandes se prennent aussi sans cela."))
        yield Plain(_("Vérifié par la centrale ; hors ligne, par ce poste, si elle l'a déjà fait."))

    def _field(self, name: str) -> TextField:
        if name == "login":
            return TextField(id=name, limit=LOGIN_LIMIT)
        field = TextField(id=name, limit=PASSWORD_LIMIT)
        field.password = True
        return field

    def _present(self) -> str:
        name = self.console.people.operator_name
        return _("Au poste maintenant : {name}").format(name=name) if name else ""

    def keys(self) -> Sequence[KeyHint]:
        if self.console.people.is_verifying:
            return (KeyHint(_("Échap"), _("continuer sans attendre")),)
        is_first = self.focused is not None and self.focused.id == "login"
        out = (KeyHint("Ctrl+X", _("quitter le poste")),) if self._present() else ()
        return (
            KeyHint(_("Entrée"), _("mot de passe") if is_first else _("se présenter")),
            *out,
            KeyHint(_("Échap"), _("plus tard")),
        )

    def redraw(self) -> None:
        super().redraw()
        if self.console.people.is_verifying and self.query("#password"):
            self.query_one("#password", TextField).set_quietly("")

    def on_descendant_focus(self) -> None:
        self.redraw()

    @on(Input.Submitted, "#login")
    def _login_given(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_to("password")

    @on(Input.Submitted, "#password")
    def _password_given(self, event: Input.Submitted) -> None:
        event.stop()
        login = self.query_one("#login", TextField).value
        if not login.strip():
            self.action_to("login")
        elif event.value:
            self.console.people.sign_in(login, event.value)

    def action_to(self, name: str) -> None:
        self.set_focus(self.query_one(f"#{name}"))

    async def action_sign_out(self) -> None:
        if self._present():
            await self.console.people.sign_out()
            await self.action_leave()
