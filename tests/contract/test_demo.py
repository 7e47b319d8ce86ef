"""The demo's central and the command line, as real processes on one folder."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, redirect_stderr, redirect_stdout
from functools import cache
from io import StringIO
from pathlib import Path
from unittest.mock import patch

import httpx
import pytest
from contract import released
from contract.shop import NOW, make_order
from sqlalchemy import create_engine, select

import migrations.central
from central.database import Database
from kiosk import central_server, demo, demo_central, paths
from kiosk.cli import main
from kiosk.container import Container
from models.errors import Conflict, DomainError, Unavailable
from models.tables import central as tables
from models.wire.orders import order_to_wire
from services.adapters.central_link import read_address
from services.adapters.console_store import ConsoleStore
from services.ports import Store
from services.sync.central_url import check_central_url
from services.sync.election import Election, LineNews
from services.sync.enrolment import LOCAL, Enrolment, read_enrolment, write_enrolment
from services.sync.status import Connection

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

PATIENCE_SECONDS = 60
TOKEN = "token-of-a-console-0123456789abcdef"

PARENT = """
import sys
from pathlib import Path
from kiosk import demo
with demo.central_beside(Path(sys.argv[1])):
    print("ready", flush=True)
    sys.stdin.read()
"""


def wait_for(condition: Callable[[], object]) -> None:
    limit = time.monotonic() + PATIENCE_SECONDS
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < limit, "it never came"
        pause.wait(0.05)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KIOSK_STATE_DIR", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose shop was filled by an earlier start."""
    folder = paths.ensure_folder(tmp_path_factory.mktemp("filled"))
    demo_central.fill(folder, NOW)
    return folder


@pytest.fixture
def known_folder(folder: Path, filled: Path) -> Path:
    """For what a second start shows as well as the first, and sooner."""
    shutil.copytree(filled, folder)
    return folder


@contextmanager
def parent(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A program with a central beside it, as ``kiosk demo`` is."""
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        try:
            yield process
        finally:
            process.kill()


def kiosk(*words: str, input_: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kiosk.cli", *words],
        check=False,
        capture_output=True,
        text=True,
        input=input_,
        timeout=PATIENCE_SECONDS,
    )


def here(*words: str, input_: str = "") -> subprocess.CompletedProcess[str]:
    """The same command in this process: it starts a second sooner."""
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err), patch("sys.stdin", StringIO(input_)):
        code = main(words)
    return subprocess.CompletedProcess(words, code, out.getvalue(), err.getvalue())


def announced(folder: Path) -> dict[str, object]:
    try:
        said: dict[str, object] = json.loads(paths.central_address_file(folder).read_bytes())
    except FileNotFoundError:
        return {}
    return said


@cache
def near() -> httpx.Client:
    return httpx.Client(trust_env=False, headers={"Connection": "close"})


def is_serving(folder: Path) -> bool:
    try:
        return near().get(f"{announced(folder).get('url')}/readyz").is_success
    except (httpx.HTTPError, httpx.UnsupportedProtocol):
        return False


def is_free(folder: Path) -> bool:
    try:
        with central_server.seat(paths.central_lock(folder), wait=False):
            return True
    except Conflict:
        return False


def opened(folder: Path) -> Container:
    """The demo's console, without its screen."""

    def enrol(store: Store) -> None:
        demo.enrol(store, folder, container.clock.now())

    container = Container(folder, prepare_store=enrol)
    return container


def count(folder: Path, table: object) -> int:
    with (
        closing(Database(paths.central_file(folder))) as database,
        database.read() as connection,
    ):
        return len(connection.execute(select(table)).all())  # type: ignore[call-overload]


def test_a_demo_from_the_first_start_to_the_second(folder: Path) -> None:
    with parent(folder):
        container = opened(folder)
        with container.store.read() as tx:
            assert tx.references.left() == 200
            assert read_enrolment(tx.settings) is not None
        assert container.catalogue.version == "builtin-1"
        wait_for(lambda: is_serving(folder))
        first_url = announced(folder)["url"]
        with closing(container.sync_engine()) as engine:
            report = engine.run_once()
        assert (report.connection, report.is_catalogue_new) == ("online", False)
        assert report.customers > 10
        example = kiosk("orders", "place", "-", input_=here("orders", "place", "--example").stdout)
        reference = json.loads(example.stdout)["reference"]
        assert reference == "100000006"
        once = kiosk("sync", "--once", "--json")
        assert (once.returncode, json.loads(once.stdout)["sent"]) == (0, 1)
        container.close()
        assert paths.central_log(folder).stat().st_mode & 0o777 == 0o600
    wait_for(lambda: is_free(folder))
    asked = kiosk("sync", "--once")
    assert (asked.returncode, "kiosk central serve" in asked.stderr) == (3, True)
    with parent(folder):
        wait_for(lambda: is_serving(folder))
        assert announced(folder)["url"] == first_url
        assert kiosk("sync", "--once").returncode == 0
        (row,) = json.loads(here("central", "orders", "--json").stdout)
        assert (row["reference"], row["state"], row["console"], row["outcome"]) == (
            reference,
            "awaiting_payment",
            "demo",
            "accepted",
        )
        assert "100 000 006" in here("central", "orders").stdout
    assert count(folder, tables.consoles) == 1


def test_the_central_ends_with_its_parent_however_that_ends(known_folder: Path) -> None:
    with parent(known_folder) as process:
        wait_for(lambda: is_serving(known_folder))
        assert not is_free(known_folder)
        process.kill()
        wait_for(lambda: is_free(known_folder))
        assert not is_serving(known_folder)


def test_ctrl_c_in_the_terminal_does_not_reach_it(known_folder: Path) -> None:
    with parent(known_folder):
        wait_for(lambda: is_serving(known_folder))
        pid = announced(known_folder)["pid"]
        assert isinstance(pid, int)
        assert os.getsid(pid) == pid != os.getsid(0)


def test_a_second_demo_shares_the_central_and_takes_over(known_folder: Path) -> None:
    with parent(known_folder) as first:
        wait_for(lambda: is_serving(known_folder))
        served_by = announced(known_folder)["pid"]
        with parent(known_folder):
            assert announced(known_folder)["pid"] == served_by
            first.kill()
            wait_for(
                lambda: announced(known_folder)["pid"] != served_by and is_serving(known_folder)
            )
            assert not is_free(known_folder)
        wait_for(lambda: is_free(known_folder))


def test_a_central_that_was_killed_is_started_again_by_hand(known_folder: Path) -> None:
    with parent(known_folder):
        container = opened(known_folder)
        wait_for(lambda: is_serving(known_folder))
        pid = announced(known_folder)["pid"]
        assert isinstance(pid, int)
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: is_free(known_folder))
        _ = container.catalogue
        engine = container.sync_engine()
        assert engine.run_once().connection == "offline"
        with _serving_by_hand(known_folder):
            assert announced(known_folder)["pid"] != pid
            assert engine.run_once().connection == "online"
            second = kiosk("central", "serve", "--port", "0")
            assert second.returncode == 1
            assert "Une centrale sert déjà ce dossier" in second.stderr
        engine.close()
        container.close()


@contextmanager
def _serving_by_hand(folder: Path) -> Iterator[None]:
    with subprocess.Popen(
        [sys.executable, "-m", "kiosk.cli", "central", "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdout is not None
        said = process.stdout.readline().decode()
        assert said == f"centrale à l'écoute : {announced(folder)['url']}\n"
        try:
            wait_for(lambda: is_serving(folder))
            yield
        finally:
            process.terminate()


def test_a_console_of_ones_own_from_nothing(folder: Path) -> None:
    """``central console add``, ``central serve``, ``sync --enrol``: a shop without the demo."""
    token = here("central", "console", "add", "comptoir").stdout.strip()
    again = here("central", "console", "add", "comptoir")
    assert len(token) == 43
    assert (again.returncode, again.stdout) == (1, "")
    assert here("central", "orders", "--json").stdout == "[]\n"
    before = here("sync", "--once")
    assert (before.returncode, "--enrol" in before.stderr) == (3, True)
    assert here("sync", "--enrol", "local", input_=token + "\n").returncode == 0
    with _serving_by_hand(folder):
        report = json.loads(here("sync", "--once", "--json").stdout)
    assert (report["connection"], report["references_left"]) == ("online", 200)
    assert report["catalogue_version"] == "builtin-1"
    with pytest.raises(Conflict):
        _raise_if_real(folder, "https://centrale.example.org")
    demo.ensure_demo_folder(folder.with_name("nothing there"))


def test_a_shop_of_ones_own_is_not_taken_for_a_demo(folder: Path) -> None:
    token = here("central", "console", "add", "comptoir").stdout.strip()
    with pytest.raises(Conflict) as refused:  # the central alone is there
        demo.ensure_demo_folder(folder)
    assert refused.value.code == "not_a_demo"
    assert here("sync", "--enrol", "local", input_=token + "\n").returncode == 0
    before = paths.central_file(folder).read_bytes()
    with (
        patch("kiosk.terminal.unusable_because", return_value=None),
        patch("kiosk.demo.central_beside") as begun,
    ):
        said = here("demo", "--fresh", "--yes")
    assert (said.returncode, "n'est pas celui d'une démonstration" in said.stderr) == (1, True)
    assert not begun.called
    assert paths.central_file(folder).read_bytes() == before
    assert count(folder, tables.consoles) == 1
    paths.central_file(folder).unlink()  # kept on another disk, say
    with pytest.raises(Conflict):
        demo.ensure_demo_folder(folder)


def test_a_demo_is_marked_on_both_sides_and_goes_on(folder: Path) -> None:
    demo.ensure_demo_folder(folder)
    opened(folder).store.close()
    demo.ensure_demo_folder(folder)
    for file in (paths.console_file(folder), paths.central_file(folder)):
        assert demo._settings(file)["is_demo"] == "1"
    _execute(paths.central_file(folder), "UPDATE consoles SET name = 'other'")
    _execute(paths.console_file(folder), "UPDATE settings SET value = '' WHERE key LIKE '%console'")
    demo.ensure_demo_folder(folder)  # the marks are enough


def test_a_demo_from_before_there_were_marks_goes_on_and_gets_them(known_folder: Path) -> None:
    opened(known_folder).store.close()
    console, central = paths.console_file(known_folder), paths.central_file(known_folder)
    _execute(console, "DELETE FROM settings WHERE key = 'is_demo'")
    _put_back_as_it_was(central)
    demo.ensure_demo_folder(known_folder)
    demo_central.fill(known_folder, NOW)
    opened(known_folder).store.close()
    assert "is_demo" in demo._settings(console)
    assert "is_demo" in demo._settings(central)


def _put_back_as_it_was(central: Path) -> None:
    """The central of a demo that the first version made."""
    for file in central.parent.glob(f"{central.name}*"):
        file.unlink()
    engine = create_engine(f"sqlite:///{central}")
    with engine.begin() as connection:
        (folder,) = migrations.central.__path__
        released.make(connection, folder, "0001", released.CENTRAL["0001"])
        released.set_counters(connection, released.CENTRAL_COUNTERS)
    engine.dispose()
    _execute(central, "UPDATE consoles SET name = 'demo' WHERE name = 'comptoir'")


def _execute(file: Path, statement: str) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(statement)


def _raise_if_real(folder: Path, url: str) -> None:
    container = Container(folder)
    with container.store.write() as tx:
        write_enrolment(tx.settings, Enrolment(url, "t"))
    container.close()
    demo.ensure_demo_folder(folder)


def test_enrolling_says_what_is_wrong(folder: Path) -> None:
    for url, token in (("centrale", "t"), ("https://", "t"), ("local", ""), ("local", "jeton é")):
        assert here("sync", "--enrol", url, input_=token + "\n").returncode == 1
    assert not folder.exists() or here("sync", "--once").returncode == 3


@pytest.mark.parametrize(
    "url,code",
    [
        ("local", None),
        ("https://centrale.example.org", None),
        ("http://localhost:8321", None),
        ("http://127.0.0.9:8321", None),
        ("http://[::1]:8321", None),
        ("http://192.0.2.7:8321", "central_url_insecure"),
        ("http://centrale.example.org", "central_url_insecure"),
        ("http://localhost.example.org", "central_url_insecure"),
        ("HTTP://centrale.example.org", "central_url_insecure"),
        ("ftp://127.0.0.1", "central_url_malformed"),
        ("http://[::1", "central_url_malformed"),
    ],
)
def test_where_a_console_may_be_enrolled(url: str, code: str | None) -> None:
    try:
        check_central_url(url)
        found = None
    except DomainError as error:
        found = error.code
    assert found == code
    if code == "central_url_insecure":
        check_central_url(url, is_insecure_accepted=True)


def test_a_token_does_not_go_over_the_network_in_clear_unless_told_to(folder: Path) -> None:
    url = "http://centrale.example.org"
    refused = here("sync", "--enrol", url, input_="token\n")
    assert (refused.returncode, "--insecure" in refused.stderr) == (1, True)
    assert not paths.console_file(folder).exists()
    assert here("sync", "--enrol", url, "--insecure", input_=f"{TOKEN}\n").returncode == 0
    with closing(ConsoleStore.open(paths.console_file(folder))) as store, store.read() as tx:
        assert read_enrolment(tx.settings) == Enrolment(url, TOKEN)


def test_while_a_console_syncs_another_only_says_how_it_stands(
    known_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.commands.sync.SEAT_SECONDS", 0.05)
    opened(known_folder).store.close()
    console = Election(paths.sync_lock(known_folder))
    assert console.try_to_win()
    with patch("services.sync.engine.SyncEngine.run_once") as run_once:
        console.tell(LineNews(Connection.ONLINE, NOW))
        fine = here("sync", "--once", "--json")
        console.tell(LineNews(Connection.OFFLINE, NOW, "central_unreachable"))
        cut = here("sync", "--once")
    assert not run_once.called
    assert (fine.returncode, json.loads(fine.stdout)["references_left"]) == (0, 200)
    assert "la console ouverte échange déjà" in fine.stderr
    assert (cut.returncode, "La centrale est injoignable" in cut.stderr) == (3, True)
    console.leave()


def test_syncing_once_tells_the_others_and_leaves_the_seat(known_folder: Path) -> None:
    opened(known_folder).store.close()
    assert here("sync", "--once").returncode == 3  # nobody serves
    console = Election(paths.sync_lock(known_folder))
    assert console.hear() == LineNews(Connection.OFFLINE, None, "central_unreachable")
    assert console.try_to_win()
    console.leave()


# --- beginning anew ---------------------------------------------------------------


def test_beginning_anew_deletes_nothing(folder: Path) -> None:
    assert demo.set_aside(folder, NOW) is None
    container = opened(folder)
    with container.store.read() as tx:
        before = read_enrolment(tx.settings)
    container.close()
    aside = demo.set_aside(folder, NOW)
    assert aside is not None
    assert aside.parent == folder
    assert paths.console_file(aside).exists()
    assert paths.central_file(aside).exists()
    assert not paths.console_file(folder).exists()
    container = opened(folder)
    with container.store.read() as tx:
        after = read_enrolment(tx.settings)
    container.close()
    assert before is not None
    assert after is not None
    assert (before.url, after.url) == (LOCAL, LOCAL)
    assert before.token != after.token
    assert after.token not in repr(after)


def test_not_while_a_console_is_open(folder: Path) -> None:
    paths.ensure_folder(folder)
    (folder / "console.sqlite3").touch()
    console = Election(paths.sync_lock(folder))
    console.try_to_win()
    with pytest.raises(Conflict) as refused:
        demo.set_aside(folder, NOW)
    assert refused.value.code == "console_open"
    console.leave()
    with (
        central_server.seat(paths.central_lock(folder), wait=False),
        pytest.raises(Conflict),
    ):
        demo.set_aside(folder, NOW)
    assert (folder / "console.sqlite3").exists()


def test_not_while_a_program_that_does_not_sync_has_it_open(folder: Path) -> None:
    container = opened(folder)
    _ = container.store
    with pytest.raises(Conflict) as refused:
        demo.set_aside(folder, NOW)
    assert refused.value.code == "console_open"
    assert paths.console_file(folder).exists()
    container.close()
    assert demo.set_aside(folder, NOW) is not None


# --- enrolling --------------------------------------------------------------------


def test_enrolling_twice_is_enrolling_once(folder: Path) -> None:
    for _ in range(2):
        container = opened(folder)
        with container.store.read() as tx:
            assert tx.references.left() == 200
        container.close()
    assert count(folder, tables.consoles) == 1
    assert count(folder, tables.reference_blocks) == 1


def test_a_central_that_forgot_the_console_knows_it_again(folder: Path) -> None:
    container = opened(folder)
    _ = container.store
    container.close()
    with closing(Database(paths.central_file(folder))) as database, database.write() as connection:
        connection.execute(tables.consoles.update().values(token_sha256="of another"))
    container = opened(folder)
    with container.store.read() as tx:
        enrolment = read_enrolment(tx.settings)
    container.close()
    assert enrolment is not None
    with closing(Database(paths.central_file(folder))) as database, database.read() as connection:
        (kept,) = connection.scalars(select(tables.consoles.c.token_sha256))
    assert kept != "of another"


# --- sockets ----------------------------------------------------------------------


def test_the_port_of_before_or_another(tmp_path: Path) -> None:
    address = tmp_path / "central.json"
    assert central_server.announced_port(address) == 0
    with central_server.listen_where_before(address) as first:
        port = first.getsockname()[1]
        with central_server.announced(address, first):
            assert read_address(address) == central_server.url_of(first)
            assert address.stat().st_mode & 0o777 == 0o600
            assert [file.name for file in tmp_path.iterdir()] == ["central.json"]
        # Nobody is there any more: the port is remembered, but nothing is told to it.
        with pytest.raises(Unavailable) as nobody:
            read_address(address)
        assert nobody.value.code == "central_unreachable"
        assert central_server.announced_port(address) == port
        with central_server.listen_where_before(address) as other:
            assert other.getsockname()[1] != port
        with pytest.raises(DomainError) as taken:
            central_server.listen("127.0.0.1", port)
        assert taken.value.code == "port_unusable"
    with central_server.listen_where_before(address) as again:
        assert again.getsockname()[1] == port
    address.write_text('{"url": "http://127.0.0.1:notaport"}')
    assert central_server.announced_port(address) == 0


@pytest.mark.parametrize("host,said", [("0.0.0.0", "127.0.0.1"), ("127.0.0.1", "127.0.0.1")])  # noqa: S104
def test_a_central_that_listens_everywhere_is_found_on_loopback(host: str, said: str) -> None:
    with central_server.listen(host, 0) as listener:
        port = listener.getsockname()[1]
        assert central_server.url_of(listener) == f"http://{said}:{port}"


def test_an_answer_is_not_held_back_for_an_acknowledgement() -> None:
    with (
        central_server.listen("127.0.0.1", 0) as listener,
        socket.create_connection(listener.getsockname()),
    ):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


@pytest.mark.parametrize("host", ["nowhere.invalid", "a..b", "x" * 70])
def test_a_host_that_is_none(host: str) -> None:
    with pytest.raises(DomainError) as refused:
        central_server.listen(host, 0)
    assert refused.value.code == "port_unusable"


def test_an_order_needs_no_screen_to_be_sent_twice(known_folder: Path) -> None:
    """The demo's central judges like any other: the same body twice is one order."""
    with parent(known_folder):
        container = opened(known_folder)
        with container.store.write() as tx:
            number = tx.references.take_next()
            enrolment = read_enrolment(tx.settings)
        container.close()
        assert enrolment is not None
        wait_for(lambda: is_serving(known_folder))
        order = make_order(number)
        headers = {"Authorization": f"Bearer {enrolment.token}", "Content-Type": "application/json"}
        url = f"{announced(known_folder)['url']}/v1/orders/{order.order_id}"
        for _ in range(2):
            answer = httpx.put(
                url, content=order_to_wire(order), headers=headers, trust_env=False, timeout=30
            )
            assert answer.status_code == 200
    assert count(known_folder, tables.orders) == 1
