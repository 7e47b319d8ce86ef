"""``kiosk central``: the reference central API, run and looked after from the command line.

Owns the names of the actions; what each does stands in ``kiosk.commands.central_*``, by what
it is about. All of it works on the database itself, on the server: none of it needs a token.
"""

from __future__ import annotations

import argparse

from kiosk.commands import (
    central_backup,
    central_catalogue,
    central_orders,
    central_people,
    central_serve,
    central_vouchers,
)

PARTS = (
    central_serve,
    central_people,
    central_catalogue,
    central_vouchers,
    central_orders,
    central_backup,
)


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", title="actions", metavar="ACTION", required=True)
    for part in PARTS:
        part.configure(actions)


def run(args: argparse.Namespace) -> int:
    act = args.act
    return int(act(args))
