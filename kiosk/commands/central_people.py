"""``kiosk central console``: which consoles may talk to central."""

from __future__ import annotations

import argparse
import secrets
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kiosk.commands.central_database import Actions, action, group, opened

if TYPE_CHECKING:
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


def _enrol(args: argparse.Namespace) -> int:
    from central.store.enrolments import CODE_LASTS, allow_enrolment  # noqa: PLC0415 - sqlalchemy
    from models.enrolment_code import grouped_code, new_code  # noqa: PLC0415 - here only

    code = new_code(secrets.randbelow)
    now = datetime.now(UTC)
    with opened(args) as database, database.write() as connection:
        allow_enrolment(connection, args.name, code=code, at=now)
    print(grouped_code(code))
    until = (now + CODE_LASTS).astimezone()
    _aside(f"Sur la console « {args.name} », avant le {until:%d/%m/%Y à %H:%M}, une seule fois :")
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
        print(f"{row.created_at.astimezone():%d/%m/%Y}  {row.name:<24}  {_state(row)}")
    return 0


def _state(row: ConsoleRow) -> str:
    if row.revoked_at is not None:
        return f"révoquée le {row.revoked_at.astimezone():%d/%m/%Y à %H:%M}"
    if row.token_expires_at is not None:
        return f"acceptée jusqu'au {row.token_expires_at.astimezone():%d/%m/%Y à %H:%M}"
    return "acceptée"


def _aside(text: str) -> None:
    """For a person beside the answer: standard output has the code alone."""
    print(text, file=sys.stderr)
