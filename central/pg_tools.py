"""PostgreSQL's own programs, ``pg_dump`` and ``pg_restore``. Knows what neither is used for."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence

from sqlalchemy.engine import URL

from models.errors import DomainError, KioskError


def run_tool(tool: str, *words: str, url: URL | None = None, otherwise: KioskError) -> str:
    """What it said on standard output; on standard error it says itself what went wrong. The
    password is not on its command line, where every user of the machine could read it.

    Raises DomainError("pg_tools_missing"), and ``otherwise`` where it fails.
    """
    command: Sequence[str] = (tool, *words, *([] if url is None else [_without_password(url)]))
    environ = os.environ | ({"PGPASSWORD": url.password} if url and url.password else {})
    try:
        done = subprocess.run(  # noqa: S603 - PostgreSQL's
            command, env=environ, stdout=subprocess.PIPE, text=True, check=False
        )
    except FileNotFoundError as error:
        raise DomainError("pg_tools_missing", tool=tool) from error
    if done.returncode:
        raise otherwise
    return done.stdout


def _without_password(url: URL) -> str:
    bare = url.set(drivername="postgresql", password=None)
    return f"--dbname={bare.render_as_string(hide_password=False)}"
