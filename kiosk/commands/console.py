"""``kiosk``: the console itself, on the files of this machine."""

from __future__ import annotations

import argparse
import os
import sys


def configure(parser: argparse.ArgumentParser) -> None:
    """No option: what the console needs is in its folder and its environment."""
    del parser


def run(args: argparse.Namespace) -> int:
    """Refuse a terminal that cannot work, else show the console until the operator leaves."""
    del args
    from kiosk.terminal import unusable_because  # noqa: PLC0415 - only for the screen

    reason = unusable_because(sys.stdin, sys.stdout, os.environ)
    if reason is not None:
        print(f"kiosk: {reason}", file=sys.stderr)
        return 1
    from kiosk.app import run_console  # noqa: PLC0415 - only for the screen
    from kiosk.container import Container  # noqa: PLC0415 - only for the screen

    return run_console(Container.from_environment())
