"""Clients of whisper-asr-webservice: what they send, and byte for byte what they get."""

import json
import math
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from faster_whisper.utils import format_timestamp
from sqlalchemy import func, select

from auricle.audio.decode import decode
from auricle.audio.probe import Limits
from auricle.server.dialects.asr_output import OUTPUTS
from auricle.settings import Settings
from auricle.store.schema import Usage
from auricle.testing import silence, write_wav
from auricle.transcript import MadeWith, Segment, Transcript, Word
from live_server import LiveServer

OUTPUT_NAMES = ("txt", "vtt", "srt", "tsv", "json")


@pytest.fixture
def client(server: LiveServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.origin, timeout=60) as client:
        yield client


@pytest.fixture
def said(speech: Path) -> Path:
    """Two sentences with a silence between them."""
    return speech / "speech_silence_speech.flac"


def ask(client: httpx.Client, recording: Path | bytes, path: str = "/asr", **params: Any) -> httpx.Response:
    """As Bazarr does: the file without a name of its own."""
    content = recording if isinstance(recording, bytes) else recording.read_bytes()
    name = "audio_file" if isinstance(recording, bytes) else recording.name
    return client.post(path, params=params, files={"audio_file": (name, content)})


def transcript(*segments: Segment) -> Transcript:
    return Transcript("en", 4000.0, segments, MadeWith("faster-whisper", "base"))


class TestOutputs:
    """Written by hand, as the service's own writers print them."""

    two = transcript(
        Segment(0.5, 61.2345, "Hello\tthere --> you."), Segment(3661.0, 3662.5, " Good bye. ", confidence=0.5)
    )

    def test_txt_is_a_segment_a_line(self) -> None:
        assert OUTPUTS["txt"](self.two) == "Hello\tthere --> you.\nGood bye.\n"

    def test_vtt_has_hours_only_where_there_are_any(self) -> None:
        assert OUTPUTS["vtt"](self.two) == (
            "WEBVTT\n\n00:00.500 --> 01:01.234\nHello\tthere -> you.\n\n"
            "01:01:01.000 --> 01:01:02.500\nGood bye.\n\n"
        )

    def test_srt_counts_from_one(self) -> None:
        assert OUTPUTS["srt"](self.two) == (
            "1\n00:00:00,500 --> 00:01:01,234\nHello\tthere -> you.\n\n"
            "2\n01:01:01,000 --> 01:01:02,500\nGood bye.\n\n"
        )

    def test_tsv_has_milliseconds_and_no_tabs_in_texts(self) -> None:
        assert OUTPUTS["tsv"](self.two) == (
            "start\tend\ttext\n500\t61234\tHello there --> you.\n3661000\t3662500\tGood bye.\n"
        )

    @pytest.mark.parametrize("name", OUTPUT_NAMES)
    def test_where_nobody_speaks_there_is_only_the_frame(self, name: str) -> None:
        frames = {"vtt": "WEBVTT\n\n", "tsv": "start\tend\ttext\n"}
        frames["json"] = '{"language": "en", "segments": [], "text": ""}'
        assert OUTPUTS[name](transcript()) == frames.get(name, "")

    @pytest.mark.parametrize("seconds", [0.0, 0.0004, 0.0015, 59.9996, 3599.9996, 3600.0, 359_999.999])
    def test_stamps_are_those_of_faster_whisper(self, seconds: float) -> None:
        one = transcript(Segment(seconds, seconds, "Hm."))
        assert format_timestamp(seconds) in OUTPUTS["vtt"](one)
        long = format_timestamp(seconds, always_include_hours=True, decimal_marker=",")
        assert long in OUTPUTS["srt"](one)

    def test_json_has_the_fields_of_faster_whisper(self) -> None:
        from faster_whisper.transcribe import Segment as Theirs
        from faster_whisper.transcribe import Word as TheirWord

        words = (Word("Good", 1.0, 1.2, 0.9), Word("bye.", 1.3, 1.5, 0.8))
        document = json.loads(
            OUTPUTS["json"](transcript(Segment(1.0, 1.5, "Good bye.", words, confidence=0.5)))
        )
        (segment,) = document["segments"]
        Theirs(**segment)
        assert segment.keys() == Theirs.__dataclass_fields__.keys()
        assert [TheirWord(**word).word for word in segment["words"]] == [" Good", " bye."]
        assert segment["avg_logprob"] == pytest.approx(math.log(0.5), abs=1e-4)
        assert (segment["id"], segment["text"], document["text"]) == (1, " Good bye.", " Good bye.")

    def test_chinese_sentences_have_no_spaces_between_them(self) -> None:
        document = json.loads(OUTPUTS["json"](transcript(Segment(0, 1, "你好。"), Segment(1, 2, "再见。"))))
        assert document["text"] == "你好。再见。"


class TestTranscripts:
    def test_every_output_is_plain_text_for_download(self, client: httpx.Client, speech: Path) -> None:
        for output in OUTPUT_NAMES:
            answer = ask(client, speech / "en_00.flac", output=output)
            assert answer.status_code == 200, answer.text
            assert answer.headers["content-type"] == "text/plain; charset=utf-8"
            assert answer.headers["asr-engine"] == "faster-whisper"
            assert answer.headers["content-disposition"] == f'attachment; filename="en_00.flac.{output}"'

    def test_text_is_what_is_said(self, client: httpx.Client, speech: Path) -> None:
        assert ask(client, speech / "en_00.flac").content == b"This is tango juliet six.\n"

    def test_all_outputs_say_the_same_at_the_same_times(self, client: httpx.Client, said: Path) -> None:
        answers = {output: ask(client, said, output=output).text for output in OUTPUT_NAMES}
        document = json.loads(answers["json"])
        assert document["language"] == "en"
        segments = [
            Segment(one["start"], one["end"], one["text"].strip(), confidence=1.0)
            for one in document["segments"]
        ]
        assert [one.text for one in segments] == [
            "The training starts at ten forty five.",
            "The training starts at twelve forty five.",
        ]
        for output in ("txt", "vtt", "srt", "tsv"):
            assert answers[output] == OUTPUTS[output](transcript(*segments))
        assert document["segments"][0]["words"] is None

    def test_words_come_where_they_are_asked_for(self, client: httpx.Client, said: Path) -> None:
        document = ask(client, said, output="json", word_timestamps="True").json()
        for segment in document["segments"]:
            assert "".join(word["word"] for word in segment["words"]) == segment["text"]
            assert segment["start"] == segment["words"][0]["start"]
            assert segment["end"] == segment["words"][-1]["end"]

    def test_raw_samples_are_heard_like_the_file(
        self, client: httpx.Client, speech: Path, tmp_path: Path
    ) -> None:
        recording = speech / "en_04.flac"
        decode(recording, tmp_path / "raw", limits=Limits())
        raw = ask(client, (tmp_path / "raw").read_bytes(), encode="false", output="srt", language="en")
        assert raw.content == ask(client, recording, output="srt", language="en").content
        assert raw.headers["content-disposition"] == 'attachment; filename="audio_file.srt"'

    def test_options_of_known_clients_are_taken(self, client: httpx.Client, speech: Path) -> None:
        speakr = {
            "encode": "true",
            "diarize": "false",
            "enable_diarization": "False",
            "return_speaker_embeddings": "0",
            "initial_prompt": "A call sign.",
            "hotwords": "tango juliet",
            "model": "whisper-1",
            "language": "english",
            "vad_filter": "true",
        }
        bazarr = {"task": "transcribe", "video_file": "/films/Some Film (1999).mkv", "language": ""}
        for params in (speakr, bazarr):
            assert ask(client, speech / "en_00.flac", **params).text == "This is tango juliet six.\n"

    def test_a_name_that_is_no_token_is_quoted(
        self, client: httpx.Client, speech: Path, tmp_path: Path
    ) -> None:
        odd = tmp_path / 'Grüße "x".flac'
        odd.write_bytes((speech / "en_00.flac").read_bytes())
        disposition = ask(client, odd).headers["content-disposition"]
        assert disposition.startswith('attachment; filename="Gr%C3%BC%C3%9Fe%20')
        assert disposition.count('"') == 2

    def test_nothing_is_left_behind(self, server: LiveServer, client: httpx.Client, speech: Path) -> None:
        ask(client, speech / "en_00.flac")
        ask(client, b"no sound")
        assert list(server.service.place.folder.glob("request-*")) == []
        assert list(server.service.place.folder.glob("interactive-*")) == []
        assert server.client.get("/recordings").json()["items"] == []


class TestLanguage:
    @pytest.mark.parametrize(
        ("name", "code", "language"), [("de_02", "de", "german"), ("en_04", "en", "english")]
    )
    def test_it_is_told_by_name_and_code(
        self, client: httpx.Client, speech: Path, name: str, code: str, language: str
    ) -> None:
        answer = ask(client, speech / f"{name}.flac", "/detect-language").json()
        assert (answer["detected_language"], answer["language_code"]) == (language, code)
        assert 0.5 < answer["confidence"] <= 1

    def test_raw_samples_do_as_well(self, client: httpx.Client, speech: Path, tmp_path: Path) -> None:
        decode(speech / "de_02.flac", tmp_path / "raw", limits=Limits())
        raw = (tmp_path / "raw").read_bytes()
        assert ask(client, raw, "/detect-language", encode="false").json()["language_code"] == "de"

    def test_workers_elsewhere_tell_it_as_well(self, make_server: Any, speech: Path) -> None:
        server = make_server(gpu_workers=0)
        server.service.crew.hire(["gpu"])
        with httpx.Client(base_url=server.origin, timeout=60) as client:
            told = ask(client, speech / "de_02.flac", "/detect-language").json()
            assert (told["language_code"], told["detected_language"]) == ("de", "german")
            assert ask(client, speech / "en_00.flac").text == "This is tango juliet six.\n"
        for trash in ("true", "false"):
            assert server.client.get("/recordings", params={"trash": trash}).json()["items"] == []

    def test_silence_has_none(self, client: httpx.Client, tmp_path: Path) -> None:
        quiet = write_wav(tmp_path / "quiet.wav", silence(3.0))
        answer = ask(client, quiet, "/detect-language")
        assert answer.status_code == 422
        assert "Nobody speaks" in answer.json()["detail"]

    def test_an_engine_that_cannot_tell_says_so(self, tmp_path: Path, speech: Path) -> None:
        server = LiveServer(Settings(data_dir=tmp_path, engine="pocketsphinx", auth="off", min_free=0))
        try:
            server.start()
            with httpx.Client(base_url=server.origin, timeout=60) as client:
                answer = ask(client, speech / "en_00.flac", "/detect-language")
                heard = ask(client, speech / "en_00.flac")
        finally:
            server.stop()
        assert answer.status_code == 400
        assert "cannot tell languages apart" in answer.json()["detail"]
        assert heard.headers["asr-engine"] == "pocketsphinx"
        assert "PocketSphinx" in heard.headers["x-auricle-warnings"]


class TestBadInput:
    @pytest.mark.parametrize(
        ("params", "status", "said"),
        [
            ({"output": "docx"}, 422, "output"),
            ({"outptu": "srt"}, 400, "Did you mean output"),
            ({"task": "summarise"}, 422, "task"),
            ({"language": "klingon"}, 400, "language is 'klingon'"),
            ({"encode": "perhaps"}, 422, "encode"),
            ({"diarize": "true"}, 400, "No diarizer is installed"),
            ({"enable_diarization": "True"}, 400, "No diarizer is installed"),
            ({"return_speaker_embeddings": "1"}, 400, "No diarizer is installed"),
            ({"min_speakers": "2"}, 400, "No diarizer is installed"),
            ({"max_speakers": "4"}, 400, "No diarizer is installed"),
            ({"model": "large-v9"}, 400, "large-v9"),
            ({"word_timestamps": "true"}, 400, "no effect with output=txt"),
        ],
    )
    def test_a_wrong_option_is_refused(
        self, client: httpx.Client, speech: Path, params: dict[str, str], status: int, said: str
    ) -> None:
        answer = ask(client, speech / "en_00.flac", **params)
        assert answer.status_code == status, answer.text
        assert said in answer.json()["detail"]

    @pytest.mark.parametrize("path", ["/asr", "/detect-language"])
    @pytest.mark.parametrize(
        ("content", "status", "said"),
        [(b"", 400, "empty"), (b"These are words, but nobody says them.\n" * 50, 422, "audio")],
    )
    def test_what_is_no_recording_is_refused(
        self, client: httpx.Client, path: str, content: bytes, status: int, said: str
    ) -> None:
        answer = ask(client, content, path)
        assert answer.status_code == status, answer.text
        assert said in answer.json()["detail"].lower()

    @pytest.mark.parametrize("path", ["/asr", "/detect-language"])
    def test_raw_samples_come_in_pairs_of_bytes(self, client: httpx.Client, path: str) -> None:
        answer = ask(client, bytes(32_001), path, encode="false")
        assert answer.status_code == 400
        assert "odd number of bytes" in answer.json()["detail"]

    def test_a_form_without_the_file_is_refused(self, client: httpx.Client) -> None:
        for sent in ({"data": {"output": "txt"}}, {"files": {"file": ("a.wav", b"x")}}, {"content": b"x"}):
            answer = client.post("/asr", **sent)
            assert answer.status_code == 400
            assert "audio_file" in answer.json()["detail"]

    def test_options_in_the_form_are_not_silently_ignored(self, client: httpx.Client, speech: Path) -> None:
        with (speech / "en_00.flac").open("rb") as file:
            answer = client.post("/asr", files={"audio_file": file}, data={"output": "srt"})
        assert answer.status_code == 400
        assert "into the URL" in answer.json()["detail"]

    def test_other_methods_are_refused(self, client: httpx.Client) -> None:
        assert client.get("/asr").status_code == 405
        assert client.put("/asr").status_code == 405


def test_a_key_may_stand_in_the_address(make_server: Any, speech: Path) -> None:
    server = make_server(auth="on")
    key = server.key("local", scopes=("transcribe",))
    for address, status in (
        (server.origin.replace("://", f"://bazarr:{key}@"), 200),
        (server.origin.replace("://", "://bazarr:wrong@"), 401),
        (server.origin, 401),
    ):
        with httpx.Client(base_url=address, timeout=60) as client:
            answer = ask(client, speech / "en_00.flac")
            assert answer.status_code == status
            assert status == 200 or list(answer.json()) == ["detail"]
    reader = server.client_for(server.key("local", scopes=("read",)))
    with reader, (speech / "en_00.flac").open("rb") as file:
        refused = reader.post(f"{server.origin}/asr", files={"audio_file": file})
    assert refused.status_code == 403
    assert "lacks the scope transcribe" in refused.json()["detail"]


def test_a_client_that_leaves_takes_its_work_along(server: LiveServer, speech: Path, tmp_path: Path) -> None:
    decode(speech / "long_en.flac", tmp_path / "raw", limits=Limits())
    form = (
        b'--x\r\nContent-Disposition: form-data; name="audio_file"; filename="a"\r\n\r\n'
        + (tmp_path / "raw").read_bytes() * 8
        + b"\r\n--x--\r\n"
    )
    address = server.origin.removeprefix("http://")
    head = (
        f"POST /asr?encode=false&language=en HTTP/1.1\r\nHost: {address}\r\n"
        f"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {len(form)}\r\n\r\n"
    )
    before = audio_heard(server)
    host, port = address.split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(head.encode() + form)
        wait_until(lambda: server.service.desk.active == 1)
    wait_until(lambda: server.service.desk.active == 0)
    wait_until(lambda: not list(server.service.place.folder.glob("request-*")))
    assert audio_heard(server) == before


def audio_heard(server: LiveServer) -> float:
    """Seconds of audio counted for everybody."""
    with server.service.database.read() as session:
        return float(session.scalar(select(func.sum(Usage.audio_seconds))) or 0.0)


def wait_until(true: Any) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_auto_detects_the_language_even_where_the_settings_name_one(make_server: Any, speech: Path) -> None:
    server = make_server(language="de")
    with httpx.Client(base_url=server.origin, timeout=60) as client:
        heard = ask(client, speech / "en_00.flac", output="json", language="auto").json()
    assert heard["language"] == "en"
