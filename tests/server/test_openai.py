"""OpenAI's official client, and what others send to its routes: every form of answer, whole and streamed."""

import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import srt
import webvtt
from openai import OpenAI

from auricle.server.dialects.openai_answer import logprobs_of
from auricle.testing import silence, write_wav
from auricle.transcript import Segment, Word
from conftest import truth
from live_server import LiveServer
from openai_wire import events_of, post, text_of
from services import wait_until


@pytest.fixture
def client(server: LiveServer) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{server.origin}/v1", api_key="none", max_retries=0) as client:
        yield client


@pytest.fixture
def said(speech: Path) -> Path:
    """Two sentences with a silence between them."""
    return speech / "speech_silence_speech.flac"


@pytest.fixture
def both(speech: Path) -> Path:
    """A sentence in each of two channels."""
    return speech / "two_channels.flac"


class TestForms:
    def test_json_is_the_text_its_language_and_what_was_used(self, client: OpenAI, said: Path) -> None:
        answer = client.audio.transcriptions.create(file=said, model="whisper-1")
        assert answer.text == text_of(said)
        assert answer.usage is not None
        assert answer.usage.type == "duration"
        assert answer.usage.seconds > truth(said)["segments"][-1]["end"]
        assert [one.code for one in answer.languages or []] == ["en"]

    def test_text_is_nothing_else(self, client: OpenAI, server: LiveServer, said: Path) -> None:
        answer = client.audio.transcriptions.create(file=said, model="whisper-1", response_format="text")
        assert answer.strip() == text_of(said)
        plain = post(server, said, ("model", "whisper-1"), ("response_format", "text"))
        assert plain.headers["content-type"] == "text/plain; charset=utf-8"

    def test_srt_and_vtt_are_subtitles(self, client: OpenAI, said: Path) -> None:
        create = client.audio.transcriptions.create
        cues = list(srt.parse(create(file=said, model="whisper-1", response_format="srt")))
        assert " ".join(cue.content for cue in cues) == text_of(said)
        assert cues[0].start.total_seconds() == pytest.approx(truth(said)["segments"][0]["start"], abs=0.3)
        captions = webvtt.from_string(create(file=said, model="whisper-1", response_format="vtt"))
        assert " ".join(cue.text for cue in captions) == text_of(said)

    def test_verbose_json_has_segments_as_whisper_has_them(
        self, client: OpenAI, server: LiveServer, said: Path
    ) -> None:
        answer = client.audio.transcriptions.create(
            file=said, model="whisper-1", response_format="verbose_json"
        )
        assert (answer.language, answer.text, answer.words) == ("english", text_of(said), None)
        assert "".join(segment.text for segment in answer.segments or []) == answer.text
        for segment in answer.segments or []:
            assert 0 <= segment.start < segment.end <= answer.duration
            assert segment.avg_logprob < 0 <= segment.no_speech_prob <= 1
            assert segment.compression_ratio > 0
        raw = post(server, said, ("model", "whisper-1"), ("response_format", "verbose_json")).json()
        assert raw["task"] == "transcribe"
        assert isinstance(raw["duration"], float)
        assert [segment["id"] for segment in raw["segments"]] == list(range(len(raw["segments"])))
        assert set(raw["segments"][0]) == {
            *("id", "seek", "start", "end", "text", "tokens", "temperature"),
            *("avg_logprob", "compression_ratio", "no_speech_prob"),
        }

    @pytest.mark.parametrize(
        ("asked", "segments"), [(["word"], False), (["word", "segment"], True), (["segment", "word"], True)]
    )
    def test_words_have_times_where_they_are_asked_for(
        self, client: OpenAI, said: Path, asked: Any, segments: bool
    ) -> None:
        answer = client.audio.transcriptions.create(
            file=said, model="whisper-1", response_format="verbose_json", timestamp_granularities=asked
        )
        expected = [word for segment in truth(said)["segments"] for word in segment["words"]]
        assert answer.words is not None
        assert [word.word for word in answer.words] == [word for word, _, _ in expected]
        for word, (_, start, _) in zip(answer.words, expected, strict=True):
            assert word.start == pytest.approx(start, abs=0.5)
        assert (answer.segments is not None) == segments

    def test_diarized_json_without_a_diarizer_says_so(self, server: LiveServer, said: Path) -> None:
        answer = post(
            server, said, ("model", "gpt-4o-transcribe-diarize"), ("response_format", "diarized_json")
        )
        body = answer.json()
        assert {segment["speaker"] for segment in body["segments"]} == {"A"}
        assert [segment["id"] for segment in body["segments"]] == ["seg_001", "seg_002"]
        assert "Nobody told the speakers apart" in body["warnings"][0]
        assert json.loads(answer.headers["X-Auricle-Warnings"]) == body["warnings"]

    def test_channels_heard_apart_are_speakers(self, client: OpenAI, both: Path) -> None:
        answer = client.audio.transcriptions.create(
            file=both,
            model="whisper-1",
            response_format="diarized_json",
            chunking_strategy="auto",
            extra_body={"channels": "split"},
        )
        heard = [(segment.speaker, segment.text) for segment in answer.segments]
        assert heard == [("AB"[one["channel"]], one["text"]) for one in truth(both)["segments"]]
        assert answer.model_extra == {}

    def test_the_text_does_not_depend_on_the_form(self, client: OpenAI, speech: Path) -> None:
        for recording in sorted(speech.glob("en_0[0-3].flac")):
            texts = {
                client.audio.transcriptions.create(
                    file=recording, model="whisper-1", response_format=form
                ).text
                for form in ("json", "verbose_json", "diarized_json")
            }
            assert len(texts) == 1

    def test_translations_are_in_english(self, server: LiveServer, speech: Path) -> None:
        german = speech / "sentence_de.flac"
        for form in ("json", "text", "srt", "verbose_json", "vtt"):
            fields = ("model", "whisper-1"), ("response_format", form)
            answer = post(server, german, *fields, route="translations")
            assert answer.status_code == 200, answer.text
            if form == "verbose_json":
                assert (answer.json()["task"], answer.json()["language"]) == ("translate", "english")

    def test_nothing_of_a_request_stays_on_the_disk(
        self, server: LiveServer, client: OpenAI, said: Path
    ) -> None:
        client.audio.transcriptions.create(file=said, model="whisper-1")
        list(client.audio.transcriptions.create(file=said, model="whisper-1", stream=True))
        folder = server.service.place.folder
        wait_until(lambda: list(folder.iterdir()) == [], "an empty folder", 10)
        assert server.client.get("/recordings").json()["items"] == []


class TestLogprobs:
    def test_tokens_are_words_and_together_the_text(self, client: OpenAI, said: Path) -> None:
        answer = client.audio.transcriptions.create(file=said, model="whisper-1", include=["logprobs"])
        tokens = answer.logprobs or []
        assert "".join(one.token or "" for one in tokens) == answer.text
        assert len(tokens) == len(answer.text.split())
        for one in tokens:
            assert one.logprob is not None
            assert one.logprob <= 0
            assert bytes(map(int, one.bytes or [])).decode() == one.token

    def test_a_word_nobody_is_sure_of_has_none(self) -> None:
        words = (Word("Um,", 0, 1, 0.5), Word("no.", 1, 2), Word("Oh!", 2, 3, 0.0))
        assert logprobs_of([Segment(0, 3, "– Um, no. Oh!", words)], "Before.") == [
            {"token": " – Um,", "bytes": list(" – Um,".encode()), "logprob": round(math.log(0.5), 4)},
            {"token": " no.", "bytes": list(b" no.")},
            {"token": " Oh!", "bytes": list(b" Oh!"), "logprob": round(math.log(0.00005), 4)},
        ]


class TestStreams:
    def test_what_is_told_bit_by_bit_is_the_whole_text(self, client: OpenAI, speech: Path) -> None:
        meeting = speech / "meeting_en.flac"
        whole = client.audio.transcriptions.create(file=meeting, model="whisper-1").text
        events = list(client.audio.transcriptions.create(file=meeting, model="whisper-1", stream=True))
        *deltas, done = events
        assert done.type == "transcript.text.done"
        assert {event.type for event in deltas} == {"transcript.text.delta"}
        assert len(deltas) > 10
        assert "".join(event.delta for event in deltas) == done.text == whole

    def test_logprobs_come_along(self, client: OpenAI, said: Path) -> None:
        *deltas, done = client.audio.transcriptions.create(
            file=said, model="whisper-1", stream=True, include=["logprobs"]
        )
        for event in deltas:
            assert "".join(one.token for one in event.logprobs) == event.delta
        assert [one for event in deltas for one in event.logprobs] != []
        assert len(done.logprobs) == sum(len(event.logprobs) for event in deltas)

    def test_diarized_streams_tell_each_segment(self, client: OpenAI, said: Path) -> None:
        *events, done = client.audio.transcriptions.create(
            file=said, model="gpt-4o-transcribe-diarize", stream=True, response_format="diarized_json"
        )
        deltas = [event for event in events if event.type == "transcript.text.delta"]
        segments = [event for event in events if event.type == "transcript.text.segment"]
        assert [event.segment_id for event in deltas] == [event.id for event in segments]
        assert [event.speaker for event in segments] == ["A"] * len(segments)
        assert "".join(event.delta for event in deltas) == done.text == text_of(said)
        assert "Nobody told the speakers apart" in done.model_extra["warnings"][0]

    def test_channels_are_told_in_the_order_of_their_times(self, server: LiveServer, both: Path) -> None:
        fields = ("model", "whisper-1"), ("stream", "true"), ("response_format", "diarized_json")
        *events, done = events_of(post(server, both, *fields, ("channels", "split")))
        segments = [event for event in events if event["type"] == "transcript.text.segment"]
        assert [event["start"] for event in segments] == sorted(event["start"] for event in segments)
        assert {event["speaker"] for event in segments} == {"A", "B"}
        assert done["text"] == text_of(both)

    def test_no_cache_and_no_proxy_keeps_a_stream_back(self, server: LiveServer, said: Path) -> None:
        answer = post(server, said, ("model", "whisper-1"), ("stream", "True"))
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-accel-buffering"] == "no"
        assert events_of(answer)[-1]["text"] == text_of(said)

    def test_where_nobody_speaks_the_end_comes_at_once(self, server: LiveServer, tmp_path: Path) -> None:
        quiet = write_wav(tmp_path / "quiet.wav", silence(2))
        (done,) = events_of(post(server, quiet, ("model", "whisper-1"), ("stream", "1")))
        assert (done["type"], done["text"]) == ("transcript.text.done", "")


class TestModels:
    def test_an_engine_may_be_named_and_its_warning_reaches_the_reader(
        self, server: LiveServer, said: Path
    ) -> None:
        answer = post(server, said, ("model", "pocketsphinx"))
        assert answer.status_code == 200
        (warning,) = answer.json()["warnings"]
        assert json.loads(answer.headers["x-auricle-warnings"]) == [warning]
        plain = post(server, said, ("model", "pocketsphinx"), ("response_format", "text"))
        assert json.loads(plain.headers["x-auricle-warnings"]) == [warning]

    @pytest.mark.parametrize("name", ["gpt-4o-transcribe", "gpt-transcribe", "whisper-fixture-ct2"])
    def test_names_that_mean_the_configured_model(self, client: OpenAI, said: Path, name: str) -> None:
        assert client.audio.transcriptions.create(file=said, model=name).text == text_of(said)

    def test_an_alias_means_what_the_settings_say(
        self, make_server: Callable[..., LiveServer], said: Path
    ) -> None:
        server = make_server(model_aliases="quick=pocketsphinx,whisper-1=pocketsphinx,mine=whisper-1")
        assert "warnings" in post(server, said, ("model", "quick")).json()
        for name in ("whisper-1", "mine"):
            assert post(server, said, ("model", name)).json()["text"] == text_of(said)
