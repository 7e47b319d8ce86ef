"""``kiosk central console | operator``: who may talk to central, and who may sign in."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from kiosk.commands.central_database import Actions, action, group, opened


def configure(actions: Actions) -> None:
    consoles = group(actions, "console", "les consoles de la centrale")
    add = action(consoles, "add", "ajouter une console et dire son jeton, une seule fois", _add)
    add.add_argument("name", metavar="NOM")


def _add(args: argparse.Namespace) -> int:
    from central.store.consoles import add_console, new_token  # noqa: PLC0415 - sqlalchemy

    token = new_token()
    with opened(args) as database, database.write() as connection:
        add_console(connection, args.name, token=token, at=datetime.now(UTC))
    print(token)
    return 0
