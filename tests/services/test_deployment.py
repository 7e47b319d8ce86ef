"""The files that run a central elsewhere: well formed, and of the same program as this one."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
import tomllib
from pathlib import Path

import httpx
import pytest
import yaml

from central.database import migrate
from kiosk.central_server import DATABASE_VARIABLE
from kiosk.cli import main
from kiosk.commands.central_serve import PORT
from models.wire.problems import MEDIA_TYPE, Problem, problem

ROOT = Path(__file__).parents[2]
ADMIN = ROOT / "docs/admin"
PACKAGES = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"][
    "targets"
]["wheel"]["packages"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}{os.pathsep}/usr/sbin")
OPENSSL = shutil.which("openssl")
UNITS = sorted(ADMIN.glob("kiosk-*.*"))


def test_the_image_has_every_package_and_what_they_are_built_from() -> None:
    copied = {
        word
        for line in re.findall(r"^COPY (?!--)(.*)$", DOCKERFILE, re.MULTILINE)
        for word in line.split()[:-1]
    }
    let_in = {
        line[1:]
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    assert copied == let_in
    assert set(PACKAGES) <= copied
    assert all((ROOT / name).exists() for name in copied)


def test_the_image_does_not_run_as_root_and_serves_where_it_says() -> None:
    assert re.search(r"^USER kiosk$", DOCKERFILE, re.MULTILINE)
    assert f"EXPOSE {PORT}" in DOCKERFILE
    assert f"127.0.0.1:{PORT}/readyz" in DOCKERFILE


@pytest.mark.parametrize(
    "text",
    [
        DOCKERFILE.rpartition("CMD [")[2].partition("]")[0].replace('"', "").replace(",", ""),
        " ".join(COMPOSE["services"]["central"]["command"]),
        *re.findall(
            r"kiosk central (serve [^\n'\"]*)", (ADMIN / "kiosk-central.service").read_text()
        ),
    ],
)
def test_the_command_that_is_started_is_one_the_program_knows(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["central", *text.split(), "--help"])
    assert ended.value.code == 0
    assert "--workers" in capsys.readouterr().out


def test_whatever_central_is_told_in_its_container_it_has_the_database(tmp_path: Path) -> None:
    central = COMPOSE["services"]["central"]
    (tmp_path / "password").write_text("p@ss/w%rd\n")
    (tmp_path / "kiosk").write_text('#!/bin/sh\nprintf "%s|" "$PGPASSWORD" "$@"\n')
    (tmp_path / "kiosk").chmod(0o700)
    started = [
        word.replace("$$", "$").replace("/run/secrets/postgres_password", f"{tmp_path}/password")
        for word in central["entrypoint"]
    ]
    told = subprocess.run(
        [*started, "console", "enrol", "au comptoir"],
        env=os.environ | {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert told == "p@ss/w%rd|central|console|enrol|au comptoir|"
    assert central["environment"][DATABASE_VARIABLE] == "postgresql://kiosk@database/kiosk"


def test_the_image_has_tools_as_new_as_the_database() -> None:
    server = COMPOSE["services"]["database"]["image"].removeprefix("postgres:")
    assert f"postgresql-client-{server} " in DOCKERFILE


@pytest.mark.parametrize(
    "started",
    [
        COMPOSE["services"]["backup"]["entrypoint"][-1],
        (ADMIN / "kiosk-backup.service").read_text(),
    ],
    ids=["compose", "systemd"],
)
def test_the_copies_that_are_made_each_hour_are_made_and_do_not_stay_for_ever(
    started: str, tmp_path: Path
) -> None:
    words = re.findall(r"kiosk (central backup [^\n;]*)", started)[0].split()
    place = words.index("--into") + 1
    assert words[place] == "/var/lib/kiosk/backups"
    words[place] = str(tmp_path / "backups")
    migrate(tmp_path / "central.sqlite3")
    for day in range(1, 32):
        for hour in range(24):
            (tmp_path / "backups").mkdir(exist_ok=True)
            (tmp_path / "backups" / f"central-202601{day:02}T{hour:02}0000Z").touch()
    assert main([*words, "--database", str(tmp_path / "central.sqlite3")]) == 0
    assert len(list((tmp_path / "backups").iterdir())) == 48 + 27


def test_the_loop_of_the_copies_is_a_script_that_a_shell_understands() -> None:
    backup = COMPOSE["services"]["backup"]
    subprocess.run(["sh", "-n", "-c", backup["entrypoint"][-1].replace("$$", "$")], check=True)
    assert (
        backup["environment"][DATABASE_VARIABLE]
        == (COMPOSE["services"]["central"]["environment"][DATABASE_VARIABLE])
    )


def test_every_secret_and_volume_that_is_used_is_declared() -> None:
    services = COMPOSE["services"].values()
    secrets = {name for service in services for name in service.get("secrets", ())}
    volumes = {
        volume.partition(":")[0]
        for service in services
        for volume in service.get("volumes", ())
        if not volume.startswith(".")
    }
    assert secrets == set(COMPOSE["secrets"])
    assert volumes == set(COMPOSE["volumes"])


def test_nothing_waits_for_a_service_that_is_not_there() -> None:
    for service in COMPOSE["services"].values():
        for name, how in service.get("depends_on", {}).items():
            assert how["condition"] == "service_healthy"
            assert (
                "healthcheck" in COMPOSE["services"][name] or "build" in COMPOSE["services"][name]
            )


def test_no_password_stands_in_a_file() -> None:
    written = DOCKERFILE + (ROOT / "compose.yaml").read_text()
    assert "POSTGRES_PASSWORD:" not in written
    assert not re.search(r"postgresql://\w+:", written)
    assert "secrets/" in (ROOT / ".gitignore").read_text()


def test_the_proxy_leads_to_where_the_central_listens_and_hides_its_metrics() -> None:
    configuration = (ADMIN / "nginx.conf").read_text()
    assert configuration.count("{") == configuration.count("}")
    assert f"server central:{PORT};" in configuration
    assert re.search(r"location = /metrics \{\s+return 404;", configuration)
    streams = configuration.partition("(events|catalogue)/stream")[2]
    assert "proxy_buffering off;" in streams.partition("}")[0]


@pytest.fixture
def nginx(tmp_path: Path) -> list[str]:
    """The command on the configuration as the guide puts it on a server, at a port of ours."""
    if None in (NGINX, OPENSSL):
        pytest.skip("no nginx here, or no openssl")
    page = (ADMIN / "central.md").read_text()
    _sign_for(tmp_path / "tls.crt", tmp_path / "tls.key")
    put = re.findall(r"^ *(sed .* docs/admin/nginx\.conf > .*)$", page, re.MULTILINE)[0]
    put = put.replace("/etc/nginx/conf.d", str(tmp_path)).replace("/etc/kiosk", str(tmp_path))
    subprocess.run(["sh", "-ec", put], cwd=ROOT, check=True)
    site = tmp_path / "kiosk.conf"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    (tmp_path / "port").write_text(str(port))
    said = site.read_text().replace("listen 443 ", f"listen 127.0.0.1:{port} ")
    site.write_text(said.replace(f"server 127.0.0.1:{PORT};", "server 127.0.0.1:9;"))
    folders = "".join(
        f"{what}_temp_path {tmp_path}/{what};\n"
        for what in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid;\nerror_log {tmp_path}/log;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{folders}include {site};\n}}\n"
    )
    return [str(NGINX), "-c", str(tmp_path / "nginx.conf")]


def test_nginx_takes_the_configuration_as_it_is_put_on_a_server(nginx: list[str]) -> None:
    told = subprocess.run([*nginx, "-t"], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr


@pytest.mark.parametrize("door,let_in", [("enrolments", 31), ("sign-ins", 201)])
def test_a_flood_is_told_to_wait_by_nginx_as_by_the_central(
    nginx: list[str], tmp_path: Path, door: str, let_in: int
) -> None:
    port = (tmp_path / "port").read_text()
    proxy = subprocess.Popen([*nginx, "-g", "daemon off;"])
    try:
        with httpx.Client(base_url=f"https://127.0.0.1:{port}", verify=False) as client:  # noqa: S501
            _wait_for(client)
            answers = [client.post(f"/v1/{door}") for _ in range(2 * let_in)]
    finally:
        proxy.terminate()
        proxy.wait()
    codes = [answer.status_code for answer in answers]
    assert set(codes[:let_in]) == {502}  # nobody is behind it here
    slowed = answers[codes.index(429)]
    assert slowed.headers["Content-Type"] == MEDIA_TYPE
    assert slowed.headers["Retry-After"] == "5"
    assert Problem.model_validate(slowed.json()) == problem("too_many_requests")


def _wait_for(client: httpx.Client) -> None:
    for _ in range(200):
        try:
            client.get("/metrics")
        except httpx.ConnectError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError


def _sign_for(certificate: Path, key: Path) -> None:
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=central"
    subprocess.run(
        [str(OPENSSL), *words.split(), "-keyout", str(key), "-out", str(certificate)],
        capture_output=True,
        check=True,
    )


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_understands_the_unit(unit: Path) -> None:
    told = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False
    ).stderr
    said = [line for line in told.splitlines() if unit.name in line]
    # What the unit starts is not installed on a computer that runs tests.
    assert [line for line in said if "is not executable" not in line] == []
