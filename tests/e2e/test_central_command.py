"""``kiosk central`` as an administrator runs it: a real server in processes of its own, on one
folder; the short commands beside it in this process, which is their way through the program
without its second of imports.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout, suppress
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from typing import NamedTuple
from unittest import mock
from urllib.parse import urlsplit

import httpx
import pytest

from benchmarks.central.served import listeners_at
from kiosk.cli import main

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
WITHIN_SECONDS = 20
CODE = re.compile(r"^(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}$", re.MULTILINE)


class Done(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


class Shop:
    """One state folder and the program."""

    def __init__(self, folder: Path) -> None:
        self.environ = os.environ | {
            "KIOSK_STATE_DIR": str(folder),
            "PYTHONPATH": str(ROOT),
            "KIOSK_CENTRAL_DATABASE": "",
        }

    def kiosk(self, *words: str, said: str = "") -> Done:
        """One command with ``said`` on its standard input."""
        out, error = StringIO(), StringIO()
        with (
            mock.patch.dict(os.environ, self.environ, clear=True),
            mock.patch("sys.stdin", TextIOWrapper(BytesIO(said.encode()), "utf-8")),
            redirect_stdout(out),
            redirect_stderr(error),
        ):
            code = main(words)
        return Done(code, out.getvalue(), error.getvalue())

    def central(self, *words: str, said: str = "") -> str:
        done = self.kiosk("central", *words, said=said)
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextmanager
    def serving(self, *words: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
        """Its URL, once it takes requests, and the process."""
        command = [sys.executable, "-m", "kiosk.cli", "central", "serve", "--port", "0", *words]
        with subprocess.Popen(
            command,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=ROOT,
        ) as process:
            assert process.stdout is not None
            try:
                yield process.stdout.readline().rpartition(" ")[2].strip(), process
            finally:
                process.terminate()


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "state")


def until(happens: Callable[[], bool]) -> None:
    limit = time.monotonic() + WITHIN_SECONDS
    while not happens():
        assert time.monotonic() < limit, "nothing happened"
        time.sleep(0.05)


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def workers_of(process: subprocess.Popen[str]) -> list[int]:
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    named = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in children}
    return [int(pid) for pid, command in named.items() if b"spawn_main" in command]


def is_alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status")
    return status.exists() and "State:\tZ" not in status.read_text()


def sockets_of(pid: int) -> int:
    count = 0
    for file in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            count += file.readlink().name.startswith("socket:")
    return count


@pytest.mark.skipif(sys.platform != "linux", reason="it is the kernel that deals them out")
def test_connections_that_come_together_are_shared_between_workers(shop: Shop) -> None:
    with shop.serving("--workers", "2") as (url, process), ExitStack() as held:
        port = urlsplit(url).port or 0
        until(lambda: listeners_at(port) == 3)  # one of each, and the one they share
        before = {worker: sockets_of(worker) for worker in workers_of(process)}
        for _ in range(60):
            held.enter_context(socket.create_connection(("127.0.0.1", port)))
        until(lambda: sum(map(sockets_of, before)) >= sum(before.values()) + 60)
        assert all(sockets_of(worker) >= count + 5 for worker, count in before.items())


def test_two_workers_serve_one_that_dies_is_replaced_and_none_outlives_its_parent(
    shop: Shop,
) -> None:
    with shop.serving("--workers", "2") as (url, process):
        until(lambda: answers(url))
        until(lambda: len(workers_of(process)) == 2)
        first, second = workers_of(process)
        os.kill(first, signal.SIGKILL)
        until(lambda: len(set(workers_of(process)) - {first}) == 2)
        until(lambda: answers(url))
        all_of_them = {second, *workers_of(process)} - {first}
        process.kill()
        until(lambda: not any(is_alive(pid) for pid in all_of_them))


def test_a_stream_ends_whole_when_its_worker_is_told_to_stop(shop: Shop) -> None:
    code = CODE.search(shop.central("console", "enrol", "comptoir"))
    assert code is not None
    with shop.serving("--workers", "2") as (url, process):
        until(lambda: answers(url))
        asked = {"code": code[0], "key": "k" * 43}
        token = httpx.post(f"{url}/v1/enrolments", json=asked, trust_env=False).json()["token"]
        with httpx.stream(
            "GET",
            f"{url}/v1/events/stream",
            headers={"Authorization": f"Bearer {token}"},
            timeout=WITHIN_SECONDS,
            trust_env=False,
        ) as answer:
            pieces = answer.iter_bytes()
            assert next(pieces) == b": listening\n"
            process.terminate()
            # Cut off where the worker waits for its streams: httpx says so.
            assert set(b"".join(pieces)) <= set(b":\n")


def test_a_second_central_and_a_restore_are_refused_while_one_serves(
    shop: Shop, tmp_path: Path
) -> None:
    copy = str(tmp_path / "copy")
    with shop.serving() as (url, _):
        until(lambda: answers(url))
        assert "Copie faite" in shop.central("backup", copy)
        assert shop.kiosk("central", "serve", "--port", "0").returncode == 1
        refused = shop.kiosk("central", "restore", copy)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "arrêtez-la" in refused.stderr
    until(lambda: shop.kiosk("central", "restore", copy).returncode == 0)


def test_a_console_is_enrolled_by_a_code_takes_an_order_and_is_revoked(
    shop: Shop, tmp_path: Path
) -> None:
    console = Shop(tmp_path / "console")
    shop.central("catalogue", "import", "assets/catalogue")
    code = CODE.search(shop.central("console", "enrol", "comptoir"))
    assert code is not None
    with shop.serving() as (url, _):
        until(lambda: answers(url))
        enrolled = console.kiosk("sync", "--enrol", url, said=code[0].lower())
        assert enrolled.returncode == 0, enrolled.stderr
        assert console.kiosk("sync", "--once").returncode == 0
        example = console.kiosk("orders", "place", "--example").stdout
        placed = console.kiosk("orders", "place", "--allow-refused-codes", "-", said=example)
        assert placed.returncode == 0, placed.stderr
        assert console.kiosk("sync", "--once").returncode == 0
        assert "comptoir" in shop.central("orders")
        reference = shop.central("orders")[:11].replace(" ", "")
        assert "préparation" in shop.central("order", "paid", reference)
        assert "expédiée" in shop.central("order", "dispatched", reference, "6A12345678901")
        assert console.kiosk("sync", "--once").returncode == 0
        assert "expédiée" in console.kiosk("orders").stdout
        shop.central("console", "revoke", "comptoir")
        assert "révoquée" in shop.central("console", "list")
        until(lambda: console.kiosk("sync", "--once").returncode == 3)
        assert "n'accepte pas" in console.kiosk("sync", "--once").stderr


def test_operators_are_added_and_disabled(shop: Shop) -> None:
    short = shop.kiosk("central", "operator", "add", "odile", "Odile R.", said="court\n")
    assert (short.returncode, "8" in short.stderr) == (1, True)
    shop.central("operator", "add", "odile", "Odile R.", said="un mot de passe\n")
    assert shop.central("operator", "list") == "odile             Odile R.\n"
    shop.central("operator", "disable", "odile")
    assert "ne peut plus" in shop.central("operator", "list")
    again = shop.kiosk("central", "operator", "add", "ODILE", "Une autre", said="un mot de passe\n")
    assert again.returncode == 1


def test_stock_is_counted(shop: Shop) -> None:
    shop.central("catalogue", "import", "assets/catalogue")
    with shop.serving() as (url, _):
        until(lambda: answers(url))
        token = shop.central("console", "add", "bureau").strip()
        sku = httpx.get(
            f"{url}/v1/catalogue/changes",
            headers={"Authorization": f"Bearer {token}"},
            trust_env=False,
        ).json()
        while not sku["articles"]:
            sku = httpx.get(
                f"{url}/v1/catalogue/changes",
                params={"cursor": sku["cursor"]},
                headers={"Authorization": f"Bearer {token}"},
                trust_env=False,
            ).json()
        name = sku["articles"][0]["cartridge"]["sku"]
        shop.central("stock", "set", name, "7", "--restock-on", "2026-12-24")
        told = httpx.get(
            f"{url}/v1/stock",
            params={"sku": name},
            headers={"Authorization": f"Bearer {token}"},
            trust_env=False,
        ).json()["rows"]
    assert [(row["sku"], row["stock"], row["restock_on"]) for row in told] == [
        (name, 7, "2026-12-24")
    ]
    assert shop.kiosk("central", "stock", "set", "no-such-sku", "1").returncode == 1
