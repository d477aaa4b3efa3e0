import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from auricle.engines.openai_checkpoint import find
from auricle.errors import ModelUnavailable, UnknownModel

CONTENT = bytes(range(256)) * 4096


class CheckpointServer:
    """Serves one file with ranges, and may break off after so many bytes."""

    def __init__(self) -> None:
        self.content = CONTENT
        self.break_off: int | None = None
        self.status = 200
        self.ranges: list[str | None] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                wanted = self.headers["Range"]
                outer.ranges.append(wanted)
                start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
                if outer.status != 200 or start >= len(outer.content):
                    self.send_error(outer.status if outer.status != 200 else 416)
                    return
                body = outer.content[start:]
                self.send_response(206 if wanted else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body[: outer.break_off])

            def log_message(self, *arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        sha256 = hashlib.sha256(CONTENT).hexdigest()
        self.urls = {"tiny": f"http://127.0.0.1:{self._server.server_port}/models/{sha256}/tiny.pt"}
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        ).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server() -> Iterator[CheckpointServer]:
    server = CheckpointServer()
    yield server
    server.close()


def fetch(server: CheckpointServer, folder: Path, *, offline: bool = False) -> Path:
    return find("tiny", server.urls, folder, offline=offline, report=lambda *_: None)


def test_a_missing_model_is_fetched_with_its_progress(server, tmp_path):
    seen: list[tuple[str, int, int]] = []
    file = find(
        "tiny", server.urls, tmp_path / "new", offline=False, report=lambda *progress: seen.append(progress)
    )
    assert file.read_bytes() == CONTENT
    assert [path.name for path in file.parent.iterdir()] == ["tiny.pt"]
    assert seen[-1] == ("tiny.pt", len(CONTENT), len(CONTENT))


def test_a_model_that_is_here_needs_no_network(server, tmp_path):
    (tmp_path / "tiny.pt").write_bytes(CONTENT)
    assert fetch(server, tmp_path, offline=True) == tmp_path / "tiny.pt"
    assert server.ranges == []


def test_an_interrupted_download_goes_on_where_it_stopped(server, tmp_path):
    server.break_off = 700_000
    with pytest.raises(ModelUnavailable, match="goes on from there"):
        fetch(server, tmp_path)
    server.break_off = None
    assert fetch(server, tmp_path).read_bytes() == CONTENT
    [first, second] = server.ranges
    assert first is None
    assert second is not None
    assert 0 < int(second.removeprefix("bytes=").rstrip("-")) <= 700_000


def test_a_download_that_was_stopped_after_its_last_byte_is_taken(server, tmp_path):
    (tmp_path / "tiny.pt.part").write_bytes(CONTENT)
    assert fetch(server, tmp_path).read_bytes() == CONTENT


def test_a_damaged_file_is_fetched_again(server, tmp_path):
    (tmp_path / "tiny.pt").write_bytes(b"half")
    assert fetch(server, tmp_path).read_bytes() == CONTENT


def test_a_file_that_arrives_damaged_is_not_kept(server, tmp_path):
    server.content = CONTENT[::-1]
    with pytest.raises(ModelUnavailable, match="damaged"):
        fetch(server, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_refuses_is_said(server, tmp_path):
    server.status = 503
    with pytest.raises(ModelUnavailable, match="503"):
        fetch(server, tmp_path)


def test_a_server_that_is_not_there_is_said(tmp_path):
    urls = {"tiny": "http://127.0.0.1:9/models/0/tiny.pt"}
    with pytest.raises(ModelUnavailable, match=r"tiny\.pt"):
        find("tiny", urls, tmp_path, offline=False, report=lambda *_: None)


@pytest.mark.parametrize(("content", "state"), [(None, "missing"), (b"half", "damaged")])
def test_offline_says_what_is_wrong_and_calls_nobody(server, tmp_path, content, state):
    if content is not None:
        (tmp_path / "tiny.pt").write_bytes(content)
    with pytest.raises(ModelUnavailable, match=rf"{state}.*AURICLE_OFFLINE"):
        fetch(server, tmp_path, offline=True)
    assert server.ranges == []


def test_a_path_is_taken_as_it_is(server, tmp_path):
    file = tmp_path / "mine.pt"
    file.write_bytes(b"anything")
    assert find(str(file), server.urls, tmp_path, offline=True, report=lambda *_: None) == file


def test_an_unknown_name_is_told_the_known_ones(server, tmp_path):
    with pytest.raises(UnknownModel, match="tiny"):
        find("nonsense", server.urls, tmp_path, offline=True, report=lambda *_: None)
