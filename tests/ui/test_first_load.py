"""What the first look at the library costs a browser that has nothing yet, and whether files come whole."""

import zlib
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Page

from auricle.server.ui import APP
from browser import at_rest, shows
from live_server import LiveServer
from services import missing

#: Bytes over the wire, heads of answers included.
MOST = 300_000


@pytest.fixture(autouse=True, scope="module")
def _squeezed() -> None:
    if not list(APP.glob("main-*.js.br")):
        missing("the web app as it is installed", "npm, then make ui")


def test_the_library_is_there_after_300_kilobytes(
    server: LiveServer, page: Page, meeting: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.transcribed(meeting, title="The first of many")
    received: Counter[str] = Counter()
    paths: dict[str, str] = {}
    wire = page.context.new_cdp_session(page)
    wire.on("Network.requestWillBeSent", lambda it: paths.update({it["requestId"]: it["request"]["url"]}))
    wire.on(
        "Network.loadingFinished",
        lambda it: received.update({urlsplit(paths[it["requestId"]]).path: int(it["encodedDataLength"])}),
    )
    wire.send("Network.enable")
    page.goto(server.origin)
    shows(page, "The first of many")
    at_rest(page)
    page.wait_for_load_state("load")

    total = sum(received.values())
    with capsys.disabled():
        print(f"\n{total:>9,} bytes until the library is there, of which")
        for path, size in received.most_common():
            print(f"{size:>9,} {path}")
    fonts = [path for path in received if path.endswith(".woff2")]
    assert fonts
    assert all("-latin-" in path and "-ext-" not in path for path in fonts), fonts
    assert total < MOST


@pytest.mark.parametrize(
    ("accepted", "sent"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("GZIP;q=0.5, br;q=0", "gzip"),
        ("identity", None),
        ("", None),
    ],
)
def test_files_come_as_their_reader_takes_them(server: LiveServer, accepted: str, sent: str | None) -> None:
    file = next(APP.glob("main-*.js"))
    head = {"Accept-Encoding": accepted}
    with httpx.stream("GET", f"{server.origin}/static/app/{file.name}", headers=head) as answer:
        body = b"".join(answer.iter_raw())
    assert answer.headers.get("content-encoding") == sent
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "Accept-Encoding" in answer.headers["vary"]
    assert "immutable" in answer.headers["cache-control"]
    if sent == "gzip":
        body = zlib.decompress(body, wbits=31)
    assert (body == file.read_bytes()) is (sent != "br")
