"""What OpenAI's routes refuse: with OpenAI's error and the field that is wrong, and without leftovers."""

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from openai import AuthenticationError, BadRequestError, NotFoundError, OpenAI

from auricle.server.dialects.openai_request import FIELDS
from live_server import LiveServer, live_server
from openai_wire import LONG, post
from services import wait_until

URL = "/v1/audio/transcriptions"


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Iterator[LiveServer]:
    """A server that takes files up to 1 MB."""
    with live_server(tmp_path_factory.mktemp("strict"), tiny_model, max_upload=1_000_000) as server:
        yield server


@pytest.fixture(autouse=True)
def _nothing_stays(strict: LiveServer) -> Iterator[None]:
    yield
    wait_until(lambda: leftovers(strict) == [], "an empty folder", 10)
    assert strict.service.desk.active == strict.service.desk.waiting == 0


def leftovers(server: LiveServer) -> list[Path]:
    folder = server.service.place.folder
    return list(folder.iterdir()) if folder.exists() else []


def check(answer: httpx.Response, status: int, code: str, words: str, param: str | None = None) -> None:
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert (answer.status_code, error["code"], error["param"]) == (status, code, param), error
    assert words in error["message"]


def send(server: LiveServer, content: bytes, **headers: str) -> httpx.Response:
    return httpx.post(f"{server.origin}{URL}", content=content, headers=headers, timeout=LONG)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("response_format", "xml", "json or text or srt"),
        ("timestamp_granularities[]", "word", "ask for verbose_json"),
        ("timestamp_granularities", "letter", "word or segment"),
        ("include[]", "tokens", "has to be logprobs"),
        ("language", "klingon", "code such as en"),
        ("temperature", "2", "number from 0 to 1"),
        ("temperature", "nan", "number from 0 to 1"),
        ("temperature", "warm", "number from 0 to 1"),
        ("stream", "perhaps", "true or false"),
        ("beam_size", "99", "between 1 and 32"),
        ("beam_size", "x" * 5000, "beam_size"),
        ("vad_filter", "maybe", "true or false"),
        ("word_timestamps", "true", "ask for verbose_json"),
        ("chunking_strategy", "manual", "no JSON object"),
        ("chunking_strategy", "{}" * 3000, "no JSON object"),
        ("chunking_strategy", '{"type": "semantic"}', "server_vad"),
        ("chunking_strategy", '{"type": "server_vad", "colour": 1}', "has no 'colour'"),
        ("chunking_strategy", '{"type": "server_vad", "threshold": "high"}', "has to be a number"),
        ("chunking_strategy", '{"type": "server_vad", "threshold": 7}', "threshold"),
        ("chunking_strategy[threshold]", "0.5", "server_vad"),
        ("vad_options", "[]", "no JSON object"),
        ("vad_options[colour]", "1", "colour"),
        ("beem_size", "1", "Did you mean beam_size?"),
        ("file_name", "x", "no field 'file_name'"),
        ("model[a]", "x", "no field 'model[a]'"),
        ("timestamp_granularity[]", "word", "Did you mean timestamp_granularities?"),
        ("[]", "x", "no field '[]'"),
        ("", "x", "no field ''"),
        ("start", "-1", "from 0 on"),
        ("suppress_tokens", "one", "suppress_tokens"),
    ],
)
def test_a_field_that_is_wrong_is_named(
    strict: LiveServer, talk: Path, field: str, value: str, words: str
) -> None:
    check(post(strict, talk, (field, value)), 400, "invalid_option", words, param=field)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("known_speaker_names[]", "anna", "no diarizer is installed"),
        ("known_speaker_references[]", "data:audio/wav;base64,AAAA", "no diarizer is installed"),
    ],
)
def test_a_field_that_cannot_be_honoured_yet_is_named(
    strict: LiveServer, talk: Path, field: str, value: str, words: str
) -> None:
    check(post(strict, talk, (field, value)), 400, "unsupported_option", words, param=field)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ([("stream", "true"), ("response_format", "srt")], "srt cannot be streamed"),
        ([("stream", "true"), ("response_format", "verbose_json")], "json, text, diarized_json can"),
        ([("include", "logprobs"), ("response_format", "text")], "only json has logprobs"),
        ([("include", "logprobs"), ("word_times", "false")], "words are asked for"),
        ([("word_times", "0"), ("word_timestamps", "1"), ("response_format", "srt")], "contradicts"),
        ([("without_timestamps", "true"), ("response_format", "srt")], "srt has times"),
        ([("language", "de"), ("language", "en")], "several times"),
        ([("language", "de"), ("languages", "en")], "contradicts"),
        ([("languages[]", "de"), ("languages[]", "en")], "cannot be honoured with several"),
        ([("prompt", "One."), ("initial_prompt", "Two.")], "contradicts"),
        ([("temperature", "0.2"), ("temperatures", "0.4")], "contradicts"),
        ([("vad", "false"), ("chunking_strategy", "auto")], "chunking_strategy needs it"),
        ([("model", "pocketsphinx"), ("beam_size", "3")], "pocketsphinx cannot honour beam_size"),
        ([("model", "pocketsphinx"), ("language", "de")], "pocketsphinx cannot honour language"),
        ([("start", "9"), ("end", "3")], "does not lie after start"),
    ],
)
def test_fields_that_contradict_each_other_are_refused(
    strict: LiveServer, talk: Path, fields: list[tuple[str, str]], words: str
) -> None:
    answer = post(strict, talk, *fields)
    assert answer.status_code == 400
    assert words in answer.json()["error"]["message"]


def test_a_translation_that_the_engine_cannot_make_is_refused(strict: LiveServer, talk: Path) -> None:
    answer = post(strict, talk, ("model", "pocketsphinx"), route="translations")
    check(answer, 400, "unsupported_option", "cannot honour task = translate")
    answer = post(strict, talk, ("model", "pocketsphinx"), ("task", "translate"))
    check(answer, 400, "unsupported_option", "cannot honour task = translate", param="task")
    answer = post(strict, talk, ("response_format", "diarized_json"), route="translations")
    check(answer, 400, "invalid_option", "json or text", param="response_format")
    answer = post(strict, talk, ("task", "transcribe"), route="translations")
    check(answer, 400, "invalid_option", "/v1/audio/transcriptions", param="task")


@pytest.mark.parametrize("name", ["large-v3", "nobody/nothing", "../../etc/passwd", "/tmp", "x" * 3000])
def test_a_model_that_is_not_here_is_not_fetched(strict: LiveServer, talk: Path, name: str) -> None:
    answer = post(strict, talk, ("model", name))
    check(answer, 404, "model_not_found", "auricle models pull", param="model")
    assert str(strict.settings.model) not in answer.text


def test_the_official_client_raises_its_own_errors(
    strict: LiveServer, make_server: Callable[..., LiveServer], talk: Path
) -> None:
    with OpenAI(base_url=f"{strict.origin}/v1", api_key="none", max_retries=0) as client:
        with pytest.raises(NotFoundError) as missing:
            client.audio.transcriptions.create(file=talk, model="whisper-2")
        assert (missing.value.code, missing.value.type) == ("model_not_found", "invalid_request_error")
        with pytest.raises(BadRequestError) as wrong:
            client.audio.transcriptions.create(file=talk, model="whisper-1", temperature=3)
        assert wrong.value.param == "temperature"
    closed = make_server(auth="on")
    with OpenAI(base_url=f"{closed.origin}/v1", api_key="sk-wrong", max_retries=0) as client:
        with pytest.raises(AuthenticationError) as nobody:
            client.audio.transcriptions.create(file=talk, model="whisper-1")
        assert nobody.value.code == "invalid_api_key"
    answer = post(closed, talk)
    check(answer, 401, "invalid_api_key", "API key")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "invalid_option"),
        (b"Dear Sir or Madam,\n" * 100, "audio_unreadable"),
        (b"RIFF\x00\x00\x00\x00WAVE", "audio_unreadable"),
        (b"#EXTM3U\nfile:///etc/passwd\n", "audio_unreadable"),
        (b"\x00" * 5000, "audio_unreadable"),
    ],
)
@pytest.mark.parametrize("stream", ["true", "false"])
def test_a_file_that_is_no_recording_is_refused(
    strict: LiveServer, tmp_path: Path, content: bytes, code: str, stream: str
) -> None:
    file = tmp_path / "voice.mp3"
    file.write_bytes(content)
    check(post(strict, file, ("stream", stream)), 400, code, "")


def test_every_broken_recording_ends_in_an_answer(server: LiveServer, shared_data: Path) -> None:
    for file in sorted((shared_data / "broken").iterdir()):
        answer = post(server, file)
        assert answer.status_code in (200, 400), (file.name, answer.text)
        if answer.status_code != 200:
            assert answer.json()["error"]["message"].endswith((".", ")")), (file.name, answer.text)


@pytest.mark.parametrize(
    ("kind", "content", "words"),
    [
        ("audio/pcm", bytes(32_001), "odd number of bytes"),
        ("audio/pcm", b"", "empty"),
        ("audio/pcm; rate=24000", bytes(32_000), "no recording"),
        ("audio/wav", bytes(32_000), "no recording"),
    ],
)
def test_samples_without_a_header_are_taken_for_nothing_else(
    strict: LiveServer, kind: str, content: bytes, words: str
) -> None:
    answer = httpx.post(f"{strict.origin}{URL}", files={"file": ("x", content, kind)}, timeout=LONG)
    assert answer.status_code == 400
    assert words in answer.json()["error"]["message"]


def test_a_file_that_is_too_large_is_refused(strict: LiveServer) -> None:
    def endless() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
        for _ in range(1000):
            yield b"x" * 65_536

    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = httpx.post(f"{strict.origin}{URL}", content=endless(), headers=kind, timeout=LONG)
    check(answer, 413, "limit_exceeded", "1,000,000 bytes")


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("application/json", b'{"model": "whisper-1"}'),
        ("audio/wav", b"RIFF"),
        ("multipart/form-data", b"--x--"),
        ("multipart/form-data; boundary=x", b""),
        ("multipart/form-data; boundary=x", b"--x--\r\n"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nRI'),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n--x--\r\n',
        ),
        ("multipart/form-data; boundary=" + "x" * 300, b"--" + b"x" * 300),
    ],
)
def test_a_body_that_is_no_form_with_a_file_is_refused(strict: LiveServer, kind: str, content: bytes) -> None:
    check(send(strict, content, **{"Content-Type": kind}), 400, "invalid_option", "")


def test_two_files_are_refused(strict: LiveServer, talk: Path) -> None:
    files = [("file", talk.read_bytes()), ("file", talk.read_bytes())]
    answer = httpx.post(f"{strict.origin}{URL}", files=files, timeout=LONG)
    check(answer, 400, "invalid_option", "several files")


def test_a_connection_that_breaks_leaves_nothing(strict: LiveServer) -> None:
    port = int(strict.origin.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port)) as connection:
        head = f"POST {URL} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 500000\r\n"
        part = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
        connection.sendall(f"{head}Content-Type: multipart/form-data; boundary=b\r\n\r\n{part}".encode())
        connection.sendall(b"RIFF" * 25_000)
        wait_until(lambda: leftovers(strict) != [], "the beginning of the file", 10)
    wait_until(lambda: leftovers(strict) == [], "an empty folder", 10)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", URL, 405), ("POST", "/v1/audio/speeches", 404), ("GET", "/v1/", 404)],
)
def test_a_path_that_is_not_there_is_refused_in_the_same_form(
    strict: LiveServer, method: str, path: str, status: int
) -> None:
    answer = httpx.request(method, f"{strict.origin}{path}")
    assert answer.status_code == status
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_a_page_of_another_site_is_refused_in_the_same_form(strict: LiveServer, talk: Path) -> None:
    answer = httpx.post(
        f"{strict.origin}{URL}",
        files={"file": talk.read_bytes()},
        headers={"Origin": "https://example.org", "Sec-Fetch-Site": "cross-site"},
    )
    check(answer, 403, "insufficient_permissions", "another web site")


_TEXTS = st.one_of(
    st.text(max_size=30),
    st.integers().map(str),
    st.floats().map(str),
    st.booleans().map(str),
    st.sampled_from(["", "auto", "word", "json", "en", "{}", "[]", "null", "-1", "1e999", "\x00", "\ud7ff"]),
    st.dictionaries(st.text(max_size=5), st.floats() | st.text(max_size=5), max_size=3).map(json.dumps),
)
_SPELLED = st.tuples(st.sampled_from(FIELDS), st.sampled_from(["", "", "[]", "[0]", "[type]", "[threshold]"]))


@given(given_fields=st.lists(st.tuples(_SPELLED.map("".join), _TEXTS), max_size=4))
@example(given_fields=[("vad_options", '{"threshold": NaN}')])
@example(given_fields=[("chunking_strategy", '{"type": "server_vad", "threshold": 1e999}')])
@example(given_fields=[("vad_options[threshold]", "nan")])
@settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
def test_no_field_whatever_ends_in_a_fault_of_ours(
    strict: LiveServer, given_fields: list[tuple[str, Any]]
) -> None:
    # The file is no recording, so that nothing is ever heard: either a field is wrong, or the file is.
    fields = [(name, (None, value.encode(errors="replace"))) for name, value in given_fields]
    files = [*fields, ("file", ("a.wav", b"no recording"))]
    answer = httpx.post(f"{strict.origin}{URL}", files=files, timeout=LONG)
    assert answer.status_code in (400, 404), (given_fields, answer.text)
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}
