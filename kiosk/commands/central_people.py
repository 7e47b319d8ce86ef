"""``kiosk central console | operator``: who may talk to central, and who may sign in."""

from __future__ import annotations

import argparse
import getpass
import secrets
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kiosk.commands.central_database import Actions, action, group, opened
from kiosk.commands.moments import day, moment

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from central.store.consoles import ConsoleRow


def configure(actions: Actions) -> None:
    consoles = group(actions, "console", "les consoles de la centrale")
    for name, help_, act in (
        ("enrol", "donner un code qui rattache une console, neuve ou connue, une fois", _enrol),
        ("revoke", "ne plus accepter une console : volée, perdue, retirée", _revoke),
        ("add", "ajouter une console et dire son jeton, sans code", _add),
    ):
        action(consoles, name, help_, act).add_argument("name", metavar="NOM")
    action(consoles, "list", "lister les consoles", _list)
    _configure_operators(group(actions, "operator", "qui se connecte aux consoles"))


def _configure_operators(operators: Actions) -> None:
    add = action(operators, "add", "ajouter ; le mot de passe est lu sur l'entrée standard", _hire)
    add.add_argument("login", metavar="IDENTIFIANT")
    add.add_argument("name", metavar="NOM", help="le nom affiché, entre guillemets")
    for name, help_, act in (
        ("disable", "ne plus laisser se connecter", _disable),
        ("enable", "laisser se connecter à nouveau, tout de suite", _enable),
        ("password", "changer le mot de passe, lu sur l'entrée standard", _change_password),
    ):
        action(operators, name, help_, act).add_argument("login", metavar="IDENTIFIANT")
    action(operators, "list", "lister", _list_operators)


def _enrol(args: argparse.Namespace) -> int:
    from central.store.enrolments import CODE_LASTS, allow_enrolment  # noqa: PLC0415 - sqlalchemy
    from models.enrolment_code import grouped_code, new_code  # noqa: PLC0415 - here only

    code = new_code(secrets.randbelow)
    now = datetime.now(UTC)
    with opened(args) as database, database.write() as connection:
        allow_enrolment(connection, args.name, code=code, at=now)
    print(grouped_code(code))
    until = moment(now + CODE_LASTS)
    _aside(f"Sur la console « {args.name} », avant le {until}, une seule fois :")
    _aside("  kiosk sync --enrol https://ADRESSE-DE-LA-CENTRALE")
    return 0


def _revoke(args: argparse.Namespace) -> int:
    from central.store.consoles import revoke_console  # noqa: PLC0415 - sqlalchemy

    with opened(args) as database, database.write() as connection:
        revoke_console(connection, args.name, at=datetime.now(UTC))
    print(f"La console « {args.name} » n'est plus acceptée.")
    return 0


def _add(args: argparse.Namespace) -> int:
    from central.store.consoles import add_console, new_token  # noqa: PLC0415 - sqlalchemy

    token = new_token()
    with opened(args) as database, database.write() as connection:
        add_console(connection, args.name, token=token, at=datetime.now(UTC))
    print(token)
    return 0


def _list(args: argparse.Namespace) -> int:
    from central.store.consoles import list_consoles  # noqa: PLC0415 - sqlalchemy

    with opened(args) as database, database.read() as connection:
        rows = list_consoles(connection)
    if not rows:
        print("Aucune console : « kiosk central console enrol NOM » en rattache une.")
    for row in rows:
        state = " ; ".join(_state(row, now=datetime.now(UTC)))
        print(f"{day(row.created_at)}  {row.name:<24}  {state}")
    return 0


def _state(row: ConsoleRow, *, now: datetime) -> Iterator[str]:
    if row.revoked_at is not None:
        yield f"révoquée le {moment(row.revoked_at)}"
    elif row.enrolled_at is None:
        yield "pas encore rattachée"
    elif row.token_expires_at is None:
        yield f"rattachée le {moment(row.enrolled_at)}"
    elif row.token_expires_at <= now:
        yield f"jeton expiré le {moment(row.token_expires_at)}"
    else:
        yield f"rattachée le {moment(row.enrolled_at)}, jusqu'au {moment(row.token_expires_at)}"
    if row.code_expires_at is None:
        return
    if row.code_expires_at <= now:
        yield f"code expiré le {moment(row.code_expires_at)} sans avoir servi"
    else:
        yield f"code donné, à utiliser avant le {moment(row.code_expires_at)}"


def _hire(args: argparse.Namespace) -> int:
    from central.store.operators import add_operator  # noqa: PLC0415 - sqlalchemy

    hashed, now = _hashed_password(), datetime.now(UTC)
    return _change_operators(
        args,
        lambda tx: add_operator(tx, args.login, args.name, password_hash=hashed, at=now),
        f"{args.name} peut se connecter sous « {args.login} ».",
    )


def _disable(args: argparse.Namespace) -> int:
    from central.store.operators import disable_operator  # noqa: PLC0415 - sqlalchemy

    return _change_operators(
        args,
        lambda tx: disable_operator(tx, args.login),
        f"« {args.login} » ne peut plus se connecter.",
    )


def _enable(args: argparse.Namespace) -> int:
    from central.store.operators import enable_operator  # noqa: PLC0415 - sqlalchemy

    return _change_operators(
        args, lambda tx: enable_operator(tx, args.login), f"« {args.login} » peut se connecter."
    )


def _change_password(args: argparse.Namespace) -> int:
    from central.store.operators import set_password  # noqa: PLC0415 - sqlalchemy

    hashed = _hashed_password()
    return _change_operators(
        args,
        lambda tx: set_password(tx, args.login, password_hash=hashed),
        f"Le mot de passe de « {args.login} » est changé.",
    )


def _change_operators(
    args: argparse.Namespace, change: Callable[[Connection], object], said: str
) -> int:
    """Done, told to the consoles in the same transaction, and said."""
    from central.store.events import Happening, append  # noqa: PLC0415 - sqlalchemy
    from models.wire.events import EventKind  # noqa: PLC0415 - see above

    with opened(args) as database, database.write() as connection:
        change(connection)
        append(connection, [Happening(EventKind.OPERATORS)], at=datetime.now(UTC))
    print(said)
    return 0


def _list_operators(args: argparse.Namespace) -> int:
    from central.store.operators import list_operators  # noqa: PLC0415 - sqlalchemy

    with opened(args) as database, database.read() as connection:
        rows = list_operators(connection)
    if not rows:
        print("Personne : les consoles ne demandent pas qui prend les commandes.")
    for row in rows:
        print(f"{row.login:<16}  {row.name}{'  (ne peut plus se connecter)' * row.is_disabled}")
    return 0


def _hashed_password() -> str:
    """Raises DomainError("password_too_short")."""
    from central.passwords import Passwords  # noqa: PLC0415 - argon2

    asked = sys.stdin.isatty()
    text = getpass.getpass("Mot de passe : ") if asked else sys.stdin.readline().rstrip("\n")
    return Passwords().hash(text)


def _aside(text: str) -> None:
    """For a person beside the answer: standard output has the code alone."""
    print(text, file=sys.stderr)
