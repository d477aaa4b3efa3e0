import itertools
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from auricle.engines import Samples, SpeechOptions
from auricle.engines.openai_api import OpenAIApi, load
from auricle.errors import (
    EngineFailed,
    EngineUnavailable,
    InvalidOption,
    InvalidSetting,
    UnknownModel,
    UnsupportedOption,
)
from auricle.testing import say, silence
from fake_speech_server import Answer, Request, SpeechServer, decoded, refusal, verbose

KEY = "sk-secret-123"


@pytest.fixture
def server() -> Iterator[SpeechServer]:
    server = SpeechServer()
    yield server
    server.close()


@pytest.fixture
def connect(server: SpeechServer) -> Iterator[Callable[..., OpenAIApi]]:
    engines: list[OpenAIApi] = []

    def connect(**arguments: Any) -> OpenAIApi:
        arguments = {"base_url": server.url, "model": "whisper-1", "key": KEY, "max_retries": 2, **arguments}
        engines.append(load(arguments.pop("base_url"), arguments.pop("model"), **arguments))
        return engines[-1]

    yield connect
    for engine in engines:
        engine.close()


def texts(engine: OpenAIApi, *windows: Samples, **options: Any) -> list[tuple[int, str]]:
    heard = engine.transcribe(windows, SpeechOptions(**options))
    return [(number, segment.text) for number, segment in heard]


def test_segments_carry_words_with_the_punctuation_of_the_text(server, connect):
    [first, second] = connect().transcribe([say("Alpha bravo. Charlie.")], SpeechOptions())
    assert [word.text for word in first.segment.words] == ["Alpha", "bravo."]
    assert [word.text for word in second.segment.words] == ["Charlie."]
    assert second.segment.start == second.segment.words[0].start == pytest.approx(1.76, abs=0.05)
    assert first.segment.confidence == pytest.approx(0.6065, abs=1e-4)
    assert first.segment.no_speech_probability == 0.01


def test_the_server_is_sent_what_was_asked(server, connect):
    texts(connect(), say("Alpha."), language="en", prompt="NATO", temperatures=(0.2,))
    [request] = server.requests
    assert request.path == "/v1/audio/transcriptions"
    assert request.authorization == f"Bearer {KEY}"
    assert request.fields == {
        "model": ["whisper-1"],
        "response_format": ["verbose_json"],
        "timestamp_granularities[]": ["word", "segment"],
        "language": ["en"],
        "prompt": ["NATO"],
        "temperature": ["0.2"],
    }


def test_the_audio_arrives_without_loss(server, connect):
    sent = say("Alpha bravo.")
    texts(connect(), sent)
    received = decoded(server.requests[0].audio)
    assert len(received) == len(sent)
    assert np.abs(received - sent).max() < 2 / 32768


def test_translations_go_to_their_own_endpoint(server, connect):
    texts(connect(), say("Alpha."), task="translate", language="de")
    [request] = server.requests
    assert request.path == "/v1/audio/translations"
    assert request.fields == {
        "model": ["whisper-1"],
        "response_format": ["verbose_json"],
        "language": ["de"],
    }


def test_words_are_neither_asked_for_nor_returned_without_word_times(server, connect):
    [heard] = connect().transcribe([say("Alpha.")], SpeechOptions(word_times=False))
    assert heard.segment.words == ()
    assert "timestamp_granularities[]" not in server.requests[0].fields


def test_several_temperatures_are_refused_before_anything_is_sent(server, connect):
    with pytest.raises(InvalidOption, match="one temperature"):
        connect().window(SpeechOptions(temperatures=(0.0, 0.2)))
    with pytest.raises(InvalidOption, match="one temperature"):
        texts(connect(), say("Alpha."), temperatures=(0.0, 0.2))
    assert server.requests == []


def test_windows_come_back_in_order_though_the_first_is_slowest(server, connect):
    def answer(request: Request, number: int) -> Answer:
        reply = verbose(request)
        reply.wait = 0.5 if "Alpha" in reply.body["text"] else 0.0
        return reply

    server.answer = answer
    assert texts(connect(), say("Alpha."), say("Bravo."), silence(1), say("Charlie.")) == [
        (0, "Alpha."),
        (1, "Bravo."),
        (3, "Charlie."),
    ]


def test_no_more_windows_are_read_than_requests_are_open(server, connect):
    read = itertools.count()
    windows = (say("Alpha.") for _ in iter(lambda: next(read), 50))
    heard = connect(concurrency=2).transcribe(windows, SpeechOptions())
    next(heard)
    heard.close()
    assert next(read) <= 3


def test_the_batch_size_is_how_many_requests_are_open_at_once(server, connect):
    together = threading.Barrier(4, timeout=30)

    def answer(request: Request, number: int) -> Answer:
        together.wait()
        return verbose(request)

    server.answer = answer
    windows = [say("Alpha.")] * 4
    assert len(texts(connect(concurrency=1), *windows, batch_size=4)) == 4


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_server_in_trouble_is_asked_again(server, connect, status):
    server.answer = lambda request, number: (
        Answer(status, {"error": {"message": "later"}}, {"Retry-After": "0.01"})
        if number == 0
        else verbose(request)
    )
    assert texts(connect(), say("Alpha.")) == [(0, "Alpha.")]
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("status", "error"), [(429, EngineUnavailable), (500, EngineFailed), (503, EngineUnavailable)]
)
def test_a_server_that_stays_in_trouble_is_given_up(server, connect, status, error):
    headers = {"Retry-After": "0.01"}
    server.always(Answer(status, {"error": {"message": "out of luck"}}, headers))
    with pytest.raises(error, match=rf"127\.0\.0\.1:\d+/v1 .*{status}.*out of luck"):
        texts(connect(), say("Alpha."))
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("answer", "error", "advice"),
    [
        (refusal(401, f"Incorrect API key provided: {KEY}"), EngineUnavailable, "AURICLE_ENGINE_KEY"),
        (refusal(403, f"no access for {KEY}"), EngineUnavailable, "AURICLE_ENGINE_KEY"),
        (refusal(404, "Not Found"), EngineUnavailable, "/v1"),
        (
            refusal(404, "The model 'whisper-1' does not exist", code="model_not_found"),
            UnknownModel,
            "whisper-1",
        ),
        (refusal(413, "too large"), EngineFailed, "AURICLE_ENGINE_MAX_BYTES"),
        (refusal(400, "audio too short"), EngineFailed, "audio too short"),
        (Answer(body=b"<html>hello</html>"), EngineFailed, "<html>hello"),
        (Answer(body=["not", "an", "object"]), EngineFailed, "no transcript"),
        (Answer(body={"text": None}), EngineFailed, "no transcript"),
    ],
)
def test_a_refusal_says_where_and_what_to_do_and_keeps_the_key_secret(server, connect, answer, error, advice):
    server.always(answer)
    with pytest.raises(error) as caught:
        texts(connect(), say("Alpha."))
    assert advice in str(caught.value)
    assert "127.0.0.1" in str(caught.value)
    assert KEY not in str(caught.value)
    assert len(server.requests) == 1


def test_a_server_that_is_not_there_is_named(connect):
    engine = connect(base_url="http://user:pass@127.0.0.1:9/v1", max_retries=0)
    with pytest.raises(EngineUnavailable, match=r"http://127\.0\.0\.1:9/v1 cannot be reached"):
        texts(engine, say("Alpha."))


def test_a_server_that_does_not_answer_in_time_is_given_up(server, connect):
    server.always(Answer(wait=2))
    with pytest.raises(EngineUnavailable, match=r"did not answer within 0\.2 s"):
        texts(connect(timeout=0.2, max_retries=0), say("Alpha."))


def test_a_server_without_verbose_json_gives_text_and_a_warning(server, connect):
    def answer(request: Request, number: int) -> Answer:
        if request.fields["response_format"] != ["json"]:
            message = "response_format 'verbose_json' is not compatible with this model"
            return refusal(400, message, param="response_format")
        return Answer(body={"text": verbose(request).body["text"]})

    server.answer = answer
    engine = connect(concurrency=1)
    window = say("Alpha bravo. Charlie.")
    heard = list(engine.transcribe([window, window], SpeechOptions()))
    assert [item.segment.text for item in heard] == ["Alpha bravo. Charlie."] * 2
    assert heard[0].segment.start == 0
    assert heard[0].segment.end == pytest.approx(len(window) / 16_000)
    assert heard[0].segment.words == ()
    assert "without times" in engine.identity.warnings[0]
    formats = [request.fields["response_format"][0] for request in server.requests]
    assert formats == ["verbose_json", "verbose_json", "json", "json"]


def test_a_server_that_refuses_word_times_still_gives_segments(server, connect):
    server.answer = lambda request, _: (
        refusal(422, "unknown field timestamp_granularities")
        if "timestamp_granularities[]" in request.fields
        else verbose(request)
    )
    engine = connect()
    assert texts(engine, say("Alpha. Bravo.")) == [(0, "Alpha."), (0, "Bravo.")]
    assert "no times for words" in engine.identity.warnings[0]


def test_a_server_that_ignores_the_wish_for_words_earns_a_warning(server, connect):
    def answer(request: Request, number: int) -> Answer:
        request.fields.pop("timestamp_granularities[]")
        return verbose(request)

    server.answer = answer
    engine = connect()
    assert engine.identity.warnings == ()
    assert texts(engine, say("Alpha.")) == [(0, "Alpha.")]
    assert "no times for words" in engine.identity.warnings[0]


def test_times_beyond_the_audio_and_broken_items_do_no_harm(server, connect):
    segments = [
        {"start": "0.5", "end": 99, "text": "Alpha bravo."},
        {"start": None, "end": 1, "text": "lost"},
        "nonsense",
        {"start": 0.2, "end": 0.4, "text": "  "},
    ]
    words = [
        {"word": "Alpha", "start": -1, "end": 0.6, "probability": 1.7},
        {"word": "bravo", "start": 0.8, "end": 0.7},
        {"start": 1, "end": 2},
    ]
    body = {"text": "Alpha bravo.", "duration": "1.0", "segments": segments, "words": words}
    server.always(Answer(body=body))
    [heard] = connect().transcribe([silence(1)], SpeechOptions())
    assert (heard.segment.start, heard.segment.end, heard.segment.text) == (0.0, 1.0, "Alpha bravo.")
    assert [(word.text, word.start, word.end, word.confidence) for word in heard.segment.words] == [
        ("Alpha", 0.0, 0.6, 1.0),
        ("bravo.", 0.8, 0.8, None),
    ]


def test_words_inside_segments_are_read_too(server, connect):
    words = [{"word": " Alpha", "start": 0.1, "end": 0.4, "probability": 0.9}]
    segment = {"start": 0.0, "end": 0.5, "text": "Alpha.", "words": words}
    server.always(Answer(body={"text": "Alpha.", "segments": [segment]}))
    [heard] = connect().transcribe([silence(1)], SpeechOptions())
    [word] = heard.segment.words
    assert (word.text, word.start, word.end, word.confidence) == ("Alpha.", 0.1, 0.4, 0.9)


def test_the_language_is_the_one_the_server_hears(server, connect):
    guess = connect().detect_language(np.tile(say("Alpha."), 100), SpeechOptions())
    assert guess == ("en", None)
    assert len(decoded(server.requests[0].audio)) == 30 * 16_000


@pytest.mark.parametrize("language", [None, 5, ["en"], "elvish"])
def test_a_server_that_names_no_language_cannot_detect_it(server, connect, language):
    server.always(Answer(body={"text": "hello", "language": language}))
    with pytest.raises(UnsupportedOption, match="name the language"):
        connect().detect_language(say("Alpha."), SpeechOptions())


def test_the_window_fits_the_servers_upload_limit(server, connect):
    engine = connect(max_bytes=200_000)
    window = engine.capabilities.window
    assert window is not None
    loudest = np.random.default_rng(0).uniform(-1, 1, int(window * 16_000)).astype(np.float32)
    texts(engine, loudest)
    assert 150_000 < len(server.requests[0].audio) <= 200_000
    assert connect(max_bytes=10**9).capabilities.window == 600


@pytest.mark.parametrize("url", [None, "", "localhost:8000", "file:///etc/passwd"])
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(InvalidSetting, match="AURICLE_ENGINE_URL"):
        load(url, "whisper-1")


def test_the_key_of_another_service_is_not_sent(server, connect, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-for-openai-only")
    texts(connect(key=None), say("Alpha."))
    assert server.requests[0].authorization == "Bearer none"
