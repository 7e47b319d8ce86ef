"""The log of central: one JSON object a line, on the standard error.

Owns how a line is spelled. What comes from a library passes through here as well; of an
error only its kind and its place are kept, because its text may quote people.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from typing import Any, TextIO

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

HANDLER = "kiosk.central"
QUIET = ("alembic", "uvicorn.access")
"""They tell of every plugin and every request; the requests are told here."""
UNSAID = ("logThreads", "logProcesses", "logMultiprocessing", "logAsyncioTasks", "_srcfile")
"""Looked up for each record, and told in no line
(https://docs.python.org/3/howto/logging.html#optimization).
"""
SPELL = structlog.processors.JSONRenderer(ensure_ascii=False)
SPELLED = "is_spelled"
"""Of a record of logging whose message is a line already."""


def new_logger(name: str) -> Any:
    """A logger whose events have fields. Where nobody set logging up it says nothing."""
    return structlog.wrap_logger(
        logging.getLogger(name),
        processors=[structlog.stdlib.filter_by_level, *_facts(), SPELL, _to_logging],
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def log_as_json(stream: TextIO | None = None, *, level: int = logging.INFO) -> None:
    """From now on this process logs so. Idempotent."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_Formatter())
    handler.set_name(HANDLER)
    root = logging.getLogger()
    for known in [known for known in root.handlers if known.name == HANDLER]:
        root.removeHandler(known)
    root.addHandler(handler)
    root.setLevel(level)
    for name in UNSAID:
        setattr(logging, name, False)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def place_of(error: BaseException) -> str:
    """What kind of error and where, for whoever mends it; never its text."""
    step = error.__traceback__
    while step is not None and step.tb_next is not None:
        step = step.tb_next
    where = f"{step.tb_frame.f_code.co_filename}:{step.tb_lineno}" if step else "?"
    return f"{type(error).__name__} at {where}"


class _Formatter(structlog.stdlib.ProcessorFormatter):
    """Spells what libraries log. Our own lines are spelled when they come here, which takes
    half the time: there is one for each request.
    """

    def __init__(self) -> None:
        super().__init__(
            processors=[
                *_facts(),
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                SPELL,
            ],
        )

    def format(self, record: logging.LogRecord) -> str:
        return record.getMessage() if hasattr(record, SPELLED) else super().format(record)


def _facts() -> Sequence[Processor]:
    return (
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _place_for_error,
    )


def _to_logging(_: WrappedLogger, __: str, line: Any) -> tuple[tuple[str], dict[str, Any]]:
    return (line,), {"extra": {SPELLED: True}}


def _place_for_error(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    told = line.pop("exc_info", None)
    line.pop("stack_info", None)
    error = told[1] if isinstance(told, tuple) else told
    if isinstance(error, BaseException):
        line["error"] = place_of(error)
    return line
