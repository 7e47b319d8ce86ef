"""Which database an action of ``kiosk central`` works on, and opening it.

A file, or the URL of a PostgreSQL database: from ``--database``, else from the environment
(``KIOSK_CENTRAL_DATABASE``, where a password is seen by fewer), else the file of the folder.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from kiosk import paths
from kiosk.central_server import DATABASE_VARIABLE

if TYPE_CHECKING:
    from central.database import Database


Actions: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - it has no other name
Act: TypeAlias = Callable[[argparse.Namespace], int]


def action(actions: Actions, name: str, help_: str, act: Act) -> argparse.ArgumentParser:
    """An action on a database."""
    parser = actions.add_parser(name, help=help_, description=f"{help_[0].upper()}{help_[1:]}.")
    parser.set_defaults(act=act)
    parser.add_argument(
        "--database",
        metavar="BASE",
        help=f"fichier SQLite ou postgresql://… (sinon {DATABASE_VARIABLE}, sinon le dossier de la console)",
    )
    return parser


def group(actions: Actions, name: str, help_: str) -> Actions:
    """A word with actions of its own beneath it."""
    parser = actions.add_parser(name, help=help_, description=f"{help_[0].upper()}{help_[1:]}.")
    return parser.add_subparsers(
        dest=f"{name}_action", title="actions", metavar="ACTION", required=True
    )


def is_of_folder(args: argparse.Namespace) -> bool:
    """Whether it is the database of the state folder, which consoles of the folder find."""
    return not _chosen(args)


def database_of(args: argparse.Namespace) -> Path | str:
    """A path, or a PostgreSQL URL as text."""
    chosen = _chosen(args)
    if not chosen:
        return paths.central_file(paths.state_dir())
    from central.database import where_is  # noqa: PLC0415 - sqlalchemy

    return where_is(chosen)


def named(database: Path | str) -> str:
    """For a person to read: a URL without its password."""
    if isinstance(database, Path):
        return str(database)
    from sqlalchemy.engine import make_url  # noqa: PLC0415 - for a URL only

    return make_url(database).render_as_string(hide_password=True)


def seat_of(args: argparse.Namespace) -> AbstractContextManager[None]:
    """The one place at which this database may be served or replaced on this computer. A
    PostgreSQL database may be served from many places: it has none.

    Raises Conflict("central_running").
    """
    from kiosk import central_server  # noqa: PLC0415 - for two actions

    database = database_of(args)
    if not isinstance(database, Path):
        return nullcontext()
    if is_of_folder(args):
        return central_server.seat(paths.central_lock(paths.state_dir()), wait=False)
    return central_server.seat(database.with_name(f"{database.name}.lock"), wait=False)


@contextmanager
def opened(args: argparse.Namespace) -> Iterator[Database]:
    """Migrated and open; closed at the end."""
    from central.database import Database, migrate  # noqa: PLC0415 - sqlalchemy

    migrate(database_of(args))
    database = Database(database_of(args))
    try:
        yield database
    finally:
        database.close()


def _chosen(args: argparse.Namespace) -> str:
    return str(args.database or os.environ.get(DATABASE_VARIABLE, ""))
