"""What docs/reverse-proxy.md tells nginx, with addresses and files of the test, in a real nginx."""

import contextlib
import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from documentation import ROOT, blocks_of
from live_server import LiveServer
from services import answers, free_port, missing, wait_until

_AROUND = """
daemon off; pid {folder}/pid; error_log {folder}/errors; worker_processes 1;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    {written}
}}
"""
WHOLE, LOCATION = (
    block.text for block in blocks_of(ROOT / "docs" / "reverse-proxy.md") if block.language == "nginx"
)
#: A server for what the page shows without one.
SERVER = WHOLE[: WHOLE.index("    location")] + LOCATION + "}"

Proxied = Callable[[str, LiveServer], httpx.Client]


@pytest.fixture
def proxied(tmp_path: Path, certificate: tuple[Path, Path]) -> Iterator[Proxied]:
    """Starts an nginx in front of a server; gives a client that asks it, with a key."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin") or missing("nginx", "nginx-light")
    with contextlib.ExitStack() as stack:

        def start(written: str, server: LiveServer) -> httpx.Client:
            port = free_port()
            for page, ours in (
                ("listen 443", f"listen 127.0.0.1:{port}"),
                ("http://127.0.0.1:8000", server.origin),
                ("/etc/auricle/cert.pem", str(certificate[0])),
                ("/etc/auricle/key.pem", str(certificate[1])),
            ):
                assert page in written
                written = written.replace(page, ours)
            file = tmp_path / "nginx.conf"
            file.write_text(_AROUND.format(folder=tmp_path, written=written), encoding="utf-8")
            command = [program, "-e", str(tmp_path / "errors"), "-p", str(tmp_path), "-c", str(file)]
            tested = subprocess.run([*command, "-t"], capture_output=True, text=True)
            assert tested.returncode == 0, tested.stderr
            running = subprocess.Popen(command)
            stack.callback(running.wait)
            stack.callback(running.terminate)
            wait_until(lambda: answers(port), "nginx")
            key = {"Authorization": f"Bearer {server.key('local')}"}
            known = ssl.create_default_context(cafile=certificate[0])
            client = httpx.Client(base_url=f"https://localhost:{port}", verify=known, headers=key, timeout=60)
            return stack.enter_context(client)

        yield start


@pytest.mark.parametrize(("written", "path"), [(WHOLE, ""), (SERVER, "/auricle")])
def test_nginx_takes_what_the_page_says_and_passes_everything_on(
    make_server: Callable[..., LiveServer], proxied: Proxied, written: str, path: str
) -> None:
    server = make_server(auth="on", trusted_proxies="127.0.0.1", base_path=path or None)
    client = proxied(written, server)
    origin = str(client.base_url).rstrip("/")
    made = client.post(f"{path}/api/v1/keys", json={"name": "proxied"}, headers={"Origin": origin})
    assert made.status_code == 201, made.text
    foreign = client.post(f"{path}/api/v1/keys", json={"name": "no"}, headers={"Origin": "https://a.example"})
    assert foreign.status_code == 403
    moved = client.get(f"{path}/api/v1/recordings/")
    assert (moved.status_code, moved.headers["location"]) == (307, f"{origin}{path}/api/v1/recordings")
    del client.headers["Authorization"]
    assert client.get(f"{path}/health").json().keys() == {"status"}
