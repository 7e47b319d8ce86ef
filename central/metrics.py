"""What central counts, in the form that Prometheus reads.

Owns names, labels and buckets. No label is an id, and none can take more values than there
are routes and codes. With ``PROMETHEUS_MULTIPROC_DIR`` in the environment the workers of one
central count together, in files of that folder; see ``share_between_workers``.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, MutableMapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prometheus_client import Metric

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""The library's own."""
BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
"""Seconds; the budget of an order is 0.1."""


def share_between_workers(folder: Path, environ: MutableMapping[str, str] = os.environ) -> None:
    """From now on this process and those it starts count in ``folder``, which is emptied.

    To be called before anything of ``central`` is imported: the library decides where it
    counts when it is imported.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    environ[FOLDER_VARIABLE] = str(folder)


class Metrics:
    """Counts of one application. Safe to use from many threads."""

    def __init__(self) -> None:
        from prometheus_client import (  # noqa: PLC0415 - see ``share_between_workers``
            CollectorRegistry,
            Counter,
            Gauge,
            Histogram,
        )

        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "kiosk_requests",
            "Requests that were answered.",
            ["method", "route", "status"],
            registry=registry,
        )
        self._seconds = Histogram(
            "kiosk_request_seconds",
            "From a request to the beginning of its answer.",
            ["method", "route"],
            buckets=BUCKETS,
            registry=registry,
        )
        self._problems = Counter(
            "kiosk_problems", "Answers that are a problem.", ["code"], registry=registry
        )
        self._orders = Counter(
            "kiosk_order_answers",
            "Orders, changes and cancellations that were answered, repeated ones too.",
            ["kind", "outcome"],
            registry=registry,
        )
        self.streams = Gauge(
            "kiosk_event_streams",
            "Streams of events that are open.",
            multiprocess_mode="livesum",
            registry=registry,
        )
        self._connections = Gauge(
            "kiosk_database_connections",
            "Connections to the database in use at the last request of each worker.",
            multiprocess_mode="livesum",
            registry=registry,
        )

        # As many as there are routes and what they answer; each is looked for once.
        self._counted = cache(self._requests.labels)
        self._timed = cache(self._seconds.labels)

    def note_request(
        self, *, method: str, route: str, status: int, problem: str | None, seconds: float
    ) -> None:
        """``route`` is a template, ``problem`` the code of the answer if it is one."""
        self._counted(method, route, str(status)).inc()
        self._timed(method, route).observe(seconds)
        if problem is not None:
            self._problems.labels(problem).inc()

    def note_order(self, kind: str, outcome: str) -> None:
        """``kind`` order, revision or cancellation; ``outcome`` one of the contract's words."""
        self._orders.labels(kind, outcome).inc()

    def note_connections(self, in_use: int) -> None:
        self._connections.set(in_use)

    def text(self, *, schema: str, references_left: int | None) -> bytes:
        """All of it, with what is known just now; None is left out."""
        from prometheus_client import CollectorRegistry, generate_latest  # noqa: PLC0415 - see above
        from prometheus_client.multiprocess import MultiProcessCollector  # noqa: PLC0415

        counted = self._registry
        if FOLDER_VARIABLE in os.environ:
            _forget_the_dead(Path(os.environ[FOLDER_VARIABLE]))
            counted = CollectorRegistry()
            MultiProcessCollector(counted)  # type: ignore[no-untyped-call]
        now = CollectorRegistry()
        now.register(_Now(schema, references_left))
        return generate_latest(counted) + generate_latest(now)


class _Now:
    """What is not counted but asked for when somebody looks."""

    def __init__(self, schema: str, references_left: int | None) -> None:
        self._schema = schema
        self._references_left = references_left

    def collect(self) -> Iterable[Metric]:
        return self._collect()

    def _collect(self) -> Iterator[Metric]:
        from prometheus_client.core import (  # noqa: PLC0415 - see ``share_between_workers``
            GaugeMetricFamily,
            InfoMetricFamily,
        )

        told = {"version": program_version(), "schema": self._schema}
        yield InfoMetricFamily("kiosk_central", "The program and its schema.", value=told)
        if self._references_left is not None:
            yield GaugeMetricFamily(
                "kiosk_references_left",
                "Order numbers that were leased to nobody yet.",
                value=self._references_left,
            )


def _forget_the_dead(folder: Path) -> None:
    """A worker that ended has no streams open. What it counted stays counted."""
    from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415 - as above

    for pid in {int(file.stem.rpartition("_")[2]) for file in folder.glob("gauge_live*.db")}:
        try:
            os.kill(pid, 0)
        except OSError:  # it is gone, or somebody else's by now
            mark_process_dead(pid)  # type: ignore[no-untyped-call]


def program_version() -> str:
    try:
        return version("kiosk-console")
    except PackageNotFoundError:
        return "0"
