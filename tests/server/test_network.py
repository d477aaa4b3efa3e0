"""How the server is reached: https, reverse proxies, base paths, pages of other sites."""

import json
import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from playwright.sync_api import Page

from browser import arrives, fill, press, shows
from live_server import LiveServer

PASSWORD = "three quiet herons"


@pytest.fixture
def over_tls(tmp_path: Path, tiny_model: Path, certificate: tuple[Path, Path]) -> Iterator[tuple[str, str]]:
    """`auricle serve` with a certificate: its address, and the token of its set-up link."""
    ours = {
        "AURICLE_DATA_DIR": str(tmp_path / "data"),
        "AURICLE_MODEL": str(tiny_model),
        "AURICLE_TLS_CERT": str(certificate[0]),
        "AURICLE_TLS_KEY": str(certificate[1]),
        "AURICLE_HOST": "localhost",
    }
    with subprocess.Popen(
        [sys.executable, "-m", "auricle", "serve", "--port", "0"],
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **ours},
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(3)]
        yield lines[0].split(" ")[3], lines[2].partition("#")[2].strip()
        process.terminate()
        assert process.wait(30) == 0


def test_over_https_the_cookie_is_bound_to_the_host(
    over_tls: tuple[str, str], certificate: tuple[Path, Path]
) -> None:
    address, token = over_tls
    assert address.startswith("https://localhost:")
    context = ssl.create_default_context(cafile=str(certificate[0]))
    with httpx.Client(base_url=address, verify=context) as client:
        answer = client.post("/api/v1/setup", json={"token": token, "password": PASSWORD})
        assert answer.status_code == 201, answer.text
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-auricle=")
        assert {"Secure", "HttpOnly", "Path=/"} <= set(cookie.split("; "))
        assert answer.headers["strict-transport-security"].startswith("max-age=")
        assert client.get("/api/v1/session").status_code == 200


def test_over_https_a_browser_stays_signed_in_by_that_cookie(
    over_tls: tuple[str, str], new_page: Callable[..., Page]
) -> None:
    address, token = over_tls
    page = new_page(ignore_https_errors=True)
    page.goto(f"{address}/setup#{token}")
    fill(page, "Name", "Anna")
    fill(page, "New password", PASSWORD)
    press(page, "Save and sign in")
    arrives(page, "/")
    [cookie] = page.context.cookies()
    assert (cookie["name"], cookie["secure"], cookie["httpOnly"]) == ("__Host-auricle", True, True)
    page.reload()
    shows(page, "Your recordings will be here")


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"TLS_CERT": "cert.pem"}, "belong together: give both, or neither"),
        ({"TLS_CERT": "none.pem", "TLS_KEY": "key.pem"}, "cannot be used: No such file or directory"),
        ({"TLS_CERT": "key.pem", "TLS_KEY": "cert.pem"}, "Both have to be PEM files that belong together"),
        ({"TLS_CERT": "cert.pem", "TLS_KEY": "locked.pem"}, "is encrypted. Write it without its password"),
    ],
)
def test_a_certificate_that_cannot_be_used_is_said_before_anything_starts(
    certificate: tuple[Path, Path], settings: dict[str, str], complaint: str
) -> None:
    folder = certificate[0].parent
    key = serialization.load_pem_private_key(certificate[1].read_bytes(), None)
    locked = serialization.BestAvailableEncryption(b"secret")
    (folder / "locked.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked)
    )
    ours = {f"AURICLE_{name}": str(folder / file) for name, file in settings.items()}
    ended = subprocess.run(
        [sys.executable, "-m", "auricle", "serve", "--port", "0"],
        text=True,
        capture_output=True,
        start_new_session=True,  # a prompt would go to the terminal
        timeout=60,
        env={**os.environ, **ours, "AURICLE_DATA_DIR": str(folder / "data")},
    )
    assert (ended.returncode, complaint in ended.stderr) == (2, True), ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("path", ["/speech/api/v1/info", "/api/v1/info"])
def test_a_base_path_may_be_passed_on_or_stripped(make_server: Callable[..., LiveServer], path: str) -> None:
    server = make_server(base_path="/speech")
    assert httpx.get(server.origin + path).json()["version"]
    page = httpx.get(f"{server.origin}/speech/docs").text
    assert '"/speech/static/' in page
    assert httpx.get(f"{server.origin}/speech/static/icon.svg").status_code == 200
    document = httpx.get(f"{server.origin}/speech/openapi.json").json()
    assert document["servers"] == [{"url": "/speech"}]


def test_only_a_trusted_proxy_is_believed_about_who_asks(make_server: Callable[..., LiveServer]) -> None:
    told = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https"}
    trusting = make_server(auth="on", trusted_proxies="127.0.0.0/8")
    wrong = {"name": "x", "password": "y"}
    assert httpx.post(f"{trusting.url}/session", headers=told, json=wrong).status_code == 401
    events = trusting.client.get("/admin/audit").json()["items"]
    refused = next(one for one in events if one["action"] == "session.refused")
    assert refused["address"] == "192.0.2.7"


def test_what_a_stranger_says_of_itself_is_not_believed(make_server: Callable[..., LiveServer]) -> None:
    told = {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "https"}
    server = make_server(auth="on")
    refused = httpx.post(f"{server.url}/session", headers=told, json={"name": "x", "password": "y"})
    assert (refused.status_code, "not encrypted" in refused.json()["detail"]) == (403, True)
    assert httpx.get(f"{server.origin}/metrics", headers=told).status_code == 401
    assert httpx.get(f"{server.origin}/metrics").status_code == 200
    assert httpx.get(f"{server.origin}/metrics", headers={"Host": "evil.example"}).status_code == 401


def test_pages_of_named_sites_may_ask_with_a_key_and_others_may_not(
    make_server: Callable[..., LiveServer],
) -> None:
    server = make_server(auth="on", cors_origins="https://notes.example")
    ask = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    good = httpx.options(f"{server.url}/recordings", headers={"Origin": "https://notes.example", **ask})
    assert good.headers["access-control-allow-origin"] == "https://notes.example"
    assert "access-control-allow-credentials" not in good.headers
    bad = httpx.options(f"{server.url}/recordings", headers={"Origin": "https://evil.example", **ask})
    assert "access-control-allow-origin" not in bad.headers
    page = {"Sec-Fetch-Site": "cross-site", "Authorization": f"Bearer {server.key('local')}"}
    named = httpx.post(
        f"{server.url}/keys", headers={**page, "Origin": "https://notes.example"}, json={"name": "x"}
    )
    other = httpx.post(
        f"{server.url}/keys", headers={**page, "Origin": "https://evil.example"}, json={"name": "x"}
    )
    assert (named.status_code, other.status_code) == (201, 403)
    assert "AURICLE_CORS_ORIGINS" in other.json()["detail"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_what_other_pages_send_changes_nothing(
    make_server: Callable[..., LiveServer], headers: dict[str, str]
) -> None:
    server = make_server(auth="on")
    for path in ("/api/v1/keys", "/v1/audio/transcriptions", "/asr", "/api/v1/session"):
        answer = httpx.post(server.origin + path, headers=headers)
        assert answer.status_code == 403, path
        assert "another web site" in json.dumps(answer.json())


def test_an_open_server_answers_to_names_of_this_machine_only(make_server: Callable[..., LiveServer]) -> None:
    server = make_server(auth="off")
    port = server.origin.rpartition(":")[2]
    rebound = httpx.get(f"{server.url}/info", headers={"Host": f"evil.example:{port}"})
    assert (rebound.status_code, "AURICLE_AUTH=off" in rebound.json()["detail"]) == (403, True)
    assert httpx.get(f"{server.url}/info", headers={"Host": f"localhost:{port}"}).status_code == 200


def test_a_port_that_speaks_no_http_gets_no_traceback(make_server: Callable[..., LiveServer]) -> None:
    server = make_server(auth="on")
    port = int(server.origin.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as raw:
        raw.sendall(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
        assert b"Traceback" not in raw.recv(10_000)
    assert httpx.get(f"{server.origin}/health/live").status_code == 200
