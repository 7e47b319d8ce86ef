"""The console over a real SSH server on loopback: the line drops in the middle of a call."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.pty_harness import PtyProgram, clean_environ

SSHD = shutil.which("sshd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        SSHD is None or shutil.which("ssh") is None or os.getuid() != 0,
        reason="needs sshd and ssh, and root to start one",
    ),
]


@pytest.fixture
def login(tmp_path: Path) -> Iterator[tuple[str, ...]]:
    """The words that begin a session on an SSH server of this test's own."""
    for name in ("host", "id"):
        key = str(tmp_path / name)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = tmp_path / "sshd_config"
    config.write_text(
        f"ListenAddress 127.0.0.1:{port}\nHostKey {tmp_path}/host\n"
        f"AuthorizedKeysFile {tmp_path}/id.pub\nPermitRootLogin yes\n"
        f"StrictModes no\nUsePAM no\nPidFile {tmp_path}/pid\n"
    )
    Path("/run/sshd").mkdir(exist_ok=True)
    server = subprocess.Popen([str(SSHD), "-D", "-f", str(config)])
    known = "-oStrictHostKeyChecking=no -oUserKnownHostsFile=/dev/null -oConnectionAttempts=20"
    yield "ssh", "-tt", "-q", *known.split(), f"-p{port}", "-i", f"{tmp_path}/id", "root@127.0.0.1"
    server.terminate()
    server.wait()


def test_a_dropped_line_loses_no_call(login: tuple[str, ...], tmp_path: Path) -> None:
    folder = tmp_path / "state"
    root = Path(__file__).parents[2]
    command = f"cd {root} && KIOSK_STATE_DIR={folder} {sys.executable} -m kiosk.cli demo"
    with PtyProgram((*login, command), environ=clean_environ()) as line:
        line.wait_for("en ligne", within=60)
        line.press(*"brother 350", "enter", "enter", "f3", *"Rou")
        line.wait_for("Mme ROUX Odette")
        line.settle(quiet=0.5)
        line.signal(signal.SIGKILL)
        line.wait()
    with PtyProgram((*login, command), environ=clean_environ()) as line:
        line.wait_for("Appel interrompu (1 article, client)", within=30)
        line.press("enter")
        line.wait_for("Mme ROUX Odette")
        assert "1 × LC-970 noir" in line.text
