"""A certificate that is not taken is told as what it is, wherever central is asked for."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from io import StringIO
from pathlib import Path

import httpx
import pytest

from kiosk.cli import main
from models import wording
from models.enrolment_code import new_code
from models.errors import Unavailable
from models.wording.outbox import why
from services.adapters.central_http import CentralHttp
from services.sync.outbox import ENDS_THE_RUN

OPENSSL = shutil.which("openssl")
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
CODES = (
    "central_certificate_expired",
    "central_certificate_name",
    "central_certificate_untrusted",
)

needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="no openssl here")

Sign = Callable[[str], Path]


@pytest.fixture
def sign(tmp_path: Path) -> Sign:
    """A certificate, which is its own authority, for this name; its key is beside it."""

    def sign(name: str) -> Path:
        made = tmp_path / f"{name.replace(':', '-')}.crt"
        words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=c"
        alternative = ["-addext", f"subjectAltName={name}"]
        files = ["-keyout", str(made.with_suffix(".key")), "-out", str(made)]
        subprocess.run(
            [str(OPENSSL), *words.split(), *alternative, *files], capture_output=True, check=True
        )
        return made

    return sign


@contextmanager
def serving(certificate: Path) -> Iterator[str]:
    """Answers each who takes the certificate; gives the URL."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))

    def answer() -> None:
        with suppress(OSError):
            while True:
                line, _ = server.accept()
                with suppress(OSError), context.wrap_socket(line, server_side=True) as safe:
                    safe.recv(65_536)
                    safe.sendall(ANSWER)

    with socket.create_server(("127.0.0.1", 0)) as server:
        answering = threading.Thread(target=answer, daemon=True)
        answering.start()
        yield f"https://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
    answering.join()


def told(url: str) -> str | None:
    with closing(CentralHttp(lambda: url, "token")) as central:
        try:
            central.ping()
        except Unavailable as error:
            return error.code
    return None


@needs_openssl
def test_one_that_nobody_vouches_for_until_its_authority_is_named(
    sign: Sign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = sign("IP:127.0.0.1")
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    with serving(own) as url:
        assert told(url) == "central_certificate_untrusted"
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing.pem"))
        assert told(url) == "central_certificate_untrusted"
        monkeypatch.setenv("SSL_CERT_FILE", str(own))
        assert told(url) is None


@needs_openssl
def test_one_of_another_name(sign: Sign, monkeypatch: pytest.MonkeyPatch) -> None:
    other = sign("DNS:central.example.org")
    monkeypatch.setenv("SSL_CERT_FILE", str(other))
    with serving(other) as url:
        assert told(url) == "central_certificate_name"


@pytest.mark.parametrize(
    "number, code",
    [
        (9, "central_certificate_expired"),  # not yet valid: the clock here may be wrong
        (10, "central_certificate_expired"),
        (62, "central_certificate_name"),
        (64, "central_certificate_name"),
        (18, "central_certificate_untrusted"),
        (20, "central_certificate_untrusted"),
    ],
)
def test_each_fault_of_a_certificate(number: int, code: str) -> None:
    def refused(_: httpx.Request) -> httpx.Response:
        fault = ssl.SSLCertVerificationError(1, "certificate verify failed")
        fault.verify_code = number
        raise httpx.ConnectError("not taken") from fault

    line = httpx.MockTransport(refused)
    central = CentralHttp(lambda: "https://central.example.org", "token", transport=line)
    with closing(central), pytest.raises(Unavailable) as error:
        central.ping()
    assert error.value.code == code


@pytest.mark.parametrize("code", CODES)
def test_it_is_said_with_what_to_do_and_holds_up_all_that_is_sent(code: str) -> None:
    sentence = wording.error_sentence(Unavailable(code))
    assert "certificat" in sentence.casefold()
    assert "administrateur" in sentence
    assert "certificat" in why(code)
    assert code in ENDS_THE_RUN


@needs_openssl
def test_enrolling_and_syncing_once_say_so(
    sign: Sign,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("KIOSK_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with serving(sign("IP:127.0.0.1")) as url:
        monkeypatch.setattr("sys.stdin", StringIO(new_code(lambda below: below // 2) + "\n"))
        assert main(["sync", "--enrol", url]) == 3
        assert "n'est pas reconnu" in capsys.readouterr().err
        monkeypatch.setattr("sys.stdin", StringIO("t" * 43 + "\n"))
        assert main(["sync", "--enrol", url]) == 0
        capsys.readouterr()
        assert main(["sync", "--once"]) == 3
        assert "n'est pas reconnu" in capsys.readouterr().err
