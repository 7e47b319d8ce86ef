"""``kiosk orders quote`` and ``place``: an order from a file, without a screen."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kiosk import paths
from kiosk.container import Container
from models.errors import DomainError

if TYPE_CHECKING:
    from services.ports import Catalogue

FILE_BYTES_MAX = 1_000_000

PLACE_HELP = """\
Passe la commande de FICHIER et dit sa référence ; tout ou rien, et sur le disque au retour.
Avec un « uuid », le même fichier repassé donne la même commande, un autre fichier sous cet
uuid est refusé. Sans « uuid », chaque passage est une commande. Un client de mêmes nom et
téléphone est reconnu. Un code refusé arrête tout : qui a envoyé la commande comptait dessus ;
--allow-refused-codes la passe sans la remise."""

FOR_TRYING = """\
Prix et stock d'essai, ne les annoncez pas : le catalogue de la centrale n'est pas
encore là ; lancez « kiosk sync --once »."""

Actions = Any
"""What ``add_subparsers`` gives; argparse keeps its type to itself."""


def configure(actions: Actions) -> None:
    quote = actions.add_parser(
        "quote", help="chiffrer une commande", description="Chiffre FICHIER sans rien écrire."
    )
    place = actions.add_parser(
        "place",
        help="passer une commande",
        description=PLACE_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    place.add_argument(
        "--allow-refused-codes", action="store_true", help="passer outre les codes refusés"
    )
    for action, answer in ((quote, _quote), (place, _place)):
        _configure_file(action)
        action.set_defaults(act=run, answer=answer)


def _configure_file(parser: argparse.ArgumentParser) -> None:
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("file", nargs="?", metavar="FICHIER", help="JSON ; - : entrée standard")
    source.add_argument("--schema", action="store_true", help="le JSON Schema d'un fichier")
    source.add_argument(
        "--example", action="store_true", help="un fichier de la boutique de démonstration"
    )
    # The answer is JSON in any case; the word is accepted for who writes it by habit.
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="(toujours)")


def run(args: argparse.Namespace) -> int:
    from services import order_file  # noqa: PLC0415 - pydantic

    if args.schema or args.example:
        print(order_file.schema() if args.schema else order_file.example())
        return 0
    print(json.dumps(args.answer(args), ensure_ascii=False, indent=2))
    return 0


def _quote(args: argparse.Namespace) -> dict[str, Any]:
    from services import order_entry, order_file  # noqa: PLC0415 - pydantic
    from services.training import needs_filling  # noqa: PLC0415 - with the above
    from services.trial_prices import has_trial_prices  # noqa: PLC0415 - see above

    file = order_file.read_order(_read(args.file))
    with closing(Container.from_environment()) as container, _catalogue_of(container) as catalogue:
        if not container.has_store:
            placing = container.placing(catalogue)
            codes, people = _practice(container)
            return order_entry.quote_file(file, tx=codes, customers=people, placing=placing)
        with container.store.read() as tx:
            container.take_up_rules(tx.settings)
            placing = container.placing(catalogue)
            codes, people = _practice(container) if needs_filling(tx) else (tx, tx.customers)
            answer = order_entry.quote_file(file, tx=codes, customers=people, placing=placing)
            is_for_trying = has_trial_prices(tx.settings, catalogue)
    if not is_for_trying:
        return answer
    print(f"kiosk: {FOR_TRYING}", file=sys.stderr)
    return answer | {"has_trial_prices": True}


def _place(args: argparse.Namespace) -> dict[str, Any]:
    from services import order_entry, order_file  # noqa: PLC0415 - pydantic

    file = order_file.read_order(_read(args.file))
    with closing(Container.from_environment()) as container:
        container.prepare_practice()
        with container.store.read() as tx:
            container.take_up_rules(tx.settings)
        return order_entry.place_file(
            file,
            store=container.store,
            placing=container.placing(),
            allow_refused_codes=args.allow_refused_codes,
        )


def _read(name: str) -> bytes:
    try:
        if name == "-":
            data = sys.stdin.buffer.read(FILE_BYTES_MAX + 1)
        else:
            with Path(name).open("rb") as file:
                data = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise DomainError("order_file_unreadable", path=name, reason=_why(error)) from error
    except ValueError as error:  # a NUL in the name
        raise DomainError("order_file_unreadable", path=name, reason="missing") from error
    if len(data) > FILE_BYTES_MAX:
        raise DomainError("order_file_unreadable", path=name, reason="too_large")
    return data.removeprefix(b"\xef\xbb\xbf")


def _why(error: OSError) -> str:
    match error:
        case FileNotFoundError():
            return "missing"
        case IsADirectoryError():
            return "folder"
        case PermissionError():
            return "forbidden"
        case _:
            return "unreadable"


@contextmanager
def _catalogue_of(container: Container) -> Iterator[Catalogue]:
    """The console's; where there is none yet, the built-in one, in a folder that goes: nothing
    is left behind.
    """
    if paths.catalogue_file(container.folder).exists():
        yield container.catalogue
        return
    from services.adapters.catalogue_file import ensure_builtin  # noqa: PLC0415 - sqlite3

    with tempfile.TemporaryDirectory(prefix="kiosk-") as folder:
        catalogue = ensure_builtin(paths.catalogue_file(Path(folder)), container.clock.now())
        try:
            yield catalogue
        finally:
            catalogue.close()


def _practice(container: Container) -> tuple[Any, Any]:
    """Codes and customers of a console that has none yet."""
    from services.demo_people import demo_customers, demo_vouchers  # noqa: PLC0415 - only without a file
    from services.training import PracticeCodes, PracticePeople  # noqa: PLC0415 - see above

    now = container.clock.now()
    return PracticeCodes(demo_vouchers(now)), PracticePeople(demo_customers(now))
