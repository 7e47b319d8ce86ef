"""The program on a real pty: how it begins, how it draws, and that it leaves a terminal behind."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator

import pytest

from benchmarks.pty_harness import PtyProgram, clean_environ
from kiosk.painter import CLEAR
from kiosk.terminal import unusable_because

pytestmark = pytest.mark.e2e

SAMPLE = (sys.executable, "-m", "benchmarks.sample_app")
FAILING = """
from textual.widgets import Input
from kiosk.terminal import KioskTerminalApp

class Failing(KioskTerminalApp):
    def compose(self):
        yield Input("prêt")
    def on_input_changed(self):
        raise ValueError("a defect")

app = Failing()
app.run()
raise SystemExit(app.return_code)
"""
LEFT = b"\x1b[?1049l"


@pytest.fixture
def program() -> Iterator[PtyProgram]:
    with PtyProgram(SAMPLE) as running:
        running.wait_for("touches")
        running.settle(quiet=0.3)
        yield running


def _assert_left(program: PtyProgram) -> None:
    """The shell gets back its screen, its cursor and its line discipline."""
    assert LEFT in program.output
    after = bytes(program.output).rpartition(LEFT)[2]
    assert b"\x1b[?25h" in after
    assert b"\x1b[?2004l" in program.output


def test_neither_mouse_nor_focus_reports_are_asked_for(program: PtyProgram) -> None:
    for mode in (b"?1000h", b"?1003h", b"?1006h", b"?1004h", b"?2048", b"]22;"):
        assert mode not in program.output
    assert b"\x1b[?2004h" in program.output


def test_the_terminals_own_colours_are_left_alone(program: PtyProgram) -> None:
    program.press("right")
    program.press("f2")
    for background in (b"[48;", b";48;", b"[40m", b"[47m", b"38;2;"):
        assert background not in program.output


def test_the_bytes_of_each_kind_of_key_are_within_budget(program: PtyProgram) -> None:
    assert len(program.output) <= 5000
    assert 0 < program.press("z").size <= 1500, "a refilled list"
    assert 0 < program.press("right").size <= 1500, "another list"
    program.press("right")
    assert 0 < program.press("down").size <= 300, "an arrow"
    assert 0 < program.press("a").size <= 250, "a typed key"
    assert 0 < program.press("f2").size <= 4000, "another screen"


def test_without_colour_none_is_written() -> None:
    with PtyProgram(SAMPLE, environ=clean_environ(NO_COLOR="1")) as plain:
        plain.wait_for("touches")
        plain.settle()
        codes = set(re.findall(rb"\x1b\[([0-9;]*)m", plain.output))
        assert codes <= {b"", b"1", b"2", b";1", b";2", b"22"}


def test_the_cursor_stands_behind_what_was_typed(program: PtyProgram) -> None:
    assert program.cursor == (1, 2)
    assert program.press("a", "b").size == 2
    assert program.cursor == (3, 2)
    program.press("f2")
    assert program.cursor is None
    program.press("f2")
    assert program.cursor == (3, 2)


def test_nothing_is_written_while_nothing_happens(program: PtyProgram) -> None:
    before = len(program.output)
    program.settle(quiet=1.2, first_within=1.2)
    assert len(program.output) == before


def test_ctrl_l_paints_all_anew(program: PtyProgram) -> None:
    before, shown = len(program.output), program.text
    program.press("ctrl+l")
    assert CLEAR.encode() in program.output[before:]
    assert program.text == shown


def test_a_new_size_is_painted_whole(program: PtyProgram) -> None:
    program.resize(120, 40)
    program.settle()
    assert "c/page" in program.text
    assert "? touches" in program.text.splitlines()[-1]


def test_ctrl_z_does_not_suspend(program: PtyProgram) -> None:
    program.press("ctrl+z")
    program.press("q")
    assert program.cursor == (2, 2)
    assert "q" in program.text.splitlines()[2]


def test_it_comes_back_from_a_suspension_by_others(program: PtyProgram) -> None:
    shown = program.text
    program.signal(signal.SIGTSTP)
    program.settle(quiet=0.5)
    assert LEFT in program.output
    before = len(program.output)
    program.signal(signal.SIGCONT)
    program.settle(quiet=0.5)
    assert CLEAR.encode() in program.output[before:]
    assert program.text == shown


def test_the_terminal_is_put_back_when_the_operator_leaves(program: PtyProgram) -> None:
    program.press("ctrl+q")
    assert program.wait() == 0
    _assert_left(program)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_is_a_clean_exit(program: PtyProgram, number: signal.Signals) -> None:
    program.signal(number)
    assert program.wait() == 128 + number
    _assert_left(program)


def test_a_dropped_line_ends_the_program(program: PtyProgram) -> None:
    program.hang_up()
    assert program.wait() == 128 + signal.SIGHUP


def test_the_terminal_is_put_back_after_a_defect() -> None:
    with PtyProgram((sys.executable, "-c", FAILING)) as failing:
        failing.wait_for("prêt")
        failing.settle(quiet=0.3)
        failing.press("x")
        assert failing.wait() == 1
        _assert_left(failing)
        assert b"a defect" in failing.output


def test_the_line_discipline_is_as_before() -> None:
    command = f"stty -a; {sys.executable} -m benchmarks.sample_app; stty -a"
    with PtyProgram(("sh", "-c", command)) as shell:
        shell.wait_for("touches")
        shell.settle(quiet=0.3)
        shell.press("ctrl+q")
        shell.wait()
        assert bytes(shell.output).count(b"\nopost ") == 2
        assert bytes(shell.output).count(b" icanon ") == 2


# --- terminals that will not do -------------------------------------------------

WORKING = {"TERM": "xterm-256color", "LANG": "fr_FR.UTF-8"}


@pytest.fixture
def tty() -> Iterator[io.TextIOWrapper]:
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as stream:
        yield stream
    os.close(ours)


def _resize(stream: io.TextIOWrapper, columns: int, rows: int) -> None:
    fcntl.ioctl(stream.fileno(), termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def test_a_terminal_that_will_do(tty: io.TextIOWrapper) -> None:
    _resize(tty, 60, 20)
    for environ in (
        WORKING,
        {"TERM": "linux"},
        WORKING | {"LC_ALL": "C.utf8"},
        WORKING | {"LC_ALL": ""},
    ):
        assert unusable_because(tty, tty, environ) is None


@pytest.mark.parametrize(
    "environ, says",
    [
        (WORKING | {"TERM": "dumb"}, "TERM=dumb"),
        ({"LANG": "fr_FR.UTF-8"}, "TERM=xterm-256color"),
        (WORKING | {"LC_ALL": "C"}, "LC_ALL=C.UTF-8"),
        (WORKING | {"LANG": "fr_FR@euro"}, "fr_FR@euro"),
    ],
)
def test_why_an_environment_will_not_do(
    tty: io.TextIOWrapper, environ: dict[str, str], says: str
) -> None:
    _resize(tty, 80, 24)
    reason = unusable_because(tty, tty, environ)
    assert reason is not None
    assert says in reason


def test_why_a_small_window_will_not_do(tty: io.TextIOWrapper) -> None:
    _resize(tty, 59, 24)
    reason = unusable_because(tty, tty, WORKING)
    assert reason is not None
    assert "59 × 24" in reason
    assert "60 × 20" in reason


def test_without_a_terminal_other_commands_are_named(tty: io.TextIOWrapper) -> None:
    for streams in ((io.StringIO(), tty), (tty, io.StringIO())):
        reason = unusable_because(*streams, WORKING)
        assert reason is not None
        assert "kiosk orders" in reason


def test_a_terminal_that_is_gone_ends_the_program_without_a_signal() -> None:
    """As when make or a shell died first: the terminal is nobody's, and SIGHUP never comes."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    program = subprocess.Popen(
        SAMPLE,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=clean_environ(),
        start_new_session=True,
    )
    os.close(theirs)
    seen = b""
    while b"touches" not in seen:
        seen += os.read(ours, 4096)
    os.close(ours)
    assert program.wait(timeout=20) == 128 + signal.SIGHUP
