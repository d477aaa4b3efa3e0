"""The fields of OpenAI's routes, in every spelling clients have, and what each does."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from auricle.audio.decode import decode
from auricle.audio.probe import Limits
from auricle.audio.vad import VadOptions
from auricle.server.dialects.openai_request import Wanted, read_request
from auricle.settings import Settings
from live_server import LiveServer
from openai_wire import LONG, post, text_of


@pytest.fixture
def said(speech: Path) -> Path:
    """Two sentences with a silence between them."""
    return speech / "speech_silence_speech.flac"


class TestSpellings:
    @pytest.mark.parametrize("name", ["timestamp_granularities", "timestamp_granularities[]"])
    def test_lists_come_with_brackets_and_without(self, server: LiveServer, said: Path, name: str) -> None:
        fields = ("model", "whisper-1"), ("response_format", "verbose_json")
        body = post(server, said, *fields, (name, "word"), (name, "segment")).json()
        assert {"words", "segments"} <= set(body)
        assert "words" in post(server, said, *fields, (name, "word,segment")).json()
        assert "words" in post(server, said, *fields, (name, '["word", "segment"]')).json()

    @pytest.mark.parametrize("shape", ["json", "srt"])
    def test_what_is_so_anyway_may_be_asked_for_in_every_form(
        self, server: LiveServer, said: Path, shape: str
    ) -> None:
        fields = ("model", "gpt-4o-transcribe"), ("response_format", shape)
        answer = post(server, said, *fields, ("timestamp_granularities[]", "segment"))
        assert answer.text == post(server, said, *fields).text

    def test_a_field_may_be_repeated_or_blank(self, server: LiveServer, said: Path) -> None:
        fields = ("model", "whisper-1"), ("model", "whisper-1"), ("language", ""), ("prompt", " ")
        assert post(server, said, *fields, ("user", "me")).json()["text"] == text_of(said)

    @pytest.mark.parametrize("kind", ["audio/pcm", "audio/raw", "audio/pcm; rate=16000"])
    def test_samples_without_a_header_are_heard_where_their_type_says_so(
        self, server: LiveServer, said: Path, tmp_path: Path, kind: str
    ) -> None:
        decode(said, tmp_path / "raw", limits=Limits())
        file = "speech", (tmp_path / "raw").read_bytes(), kind
        answer = httpx.post(
            f"{server.origin}/v1/audio/transcriptions", files={"file": file}, timeout=LONG
        ).json()
        assert answer["text"] == text_of(said)

    def test_a_request_without_a_model_means_the_configured_one(self, server: LiveServer, said: Path) -> None:
        assert post(server, said).json()["text"] == text_of(said)

    @pytest.mark.parametrize(
        "fields",
        [
            {"chunking_strategy": '{"type": "server_vad", "threshold": 0.3, "silence_duration_ms": 500}'},
            {
                "chunking_strategy[type]": "server_vad",
                "chunking_strategy[threshold]": "0.3",
                "chunking_strategy[silence_duration_ms]": "500",
            },
            {"vad_parameters": '{"threshold": 0.3, "min_silence_duration_ms": 500}'},
            {"vad_options": '{"threshold": 0.3, "min_silence": 0.5}'},
            {"vad_options[threshold]": "0.3", "vad_options[min_silence]": "0.5"},
        ],
    )
    def test_every_way_to_tell_speech_from_silence(self, fields: dict[str, str]) -> None:
        assert asked(fields).options.speech.vad_options == VadOptions(threshold=0.3, min_silence=0.5)

    @pytest.mark.parametrize(
        ("fields", "option", "value"),
        [
            ({"language": "english"}, "language", "en"),
            ({"language": "pt-BR"}, "language", "pt"),
            ({"languages[]": "de"}, "language", "de"),
            ({"language": "Auto"}, "language", None),
            ({"prompt": "Hello, Anna."}, "prompt", "Hello, Anna."),
            ({"initial_prompt": "Hello."}, "prompt", "Hello."),
            ({"temperature": "0"}, "temperatures", None),
            ({"temperature": "0.4"}, "temperatures", (0.4,)),
            ({"temperatures": "0,0.5"}, "temperatures", (0.0, 0.5)),
            ({"hotwords": "Anna, Bert"}, "hotwords", "Anna, Bert"),
            ({"keywords[]": "Anna"}, "hotwords", "Anna"),
            ({"beam_size": "3"}, "beam_size", 3),
            ({"condition_on_previous_text": "True"}, "condition_on_previous_text", True),
            ({"vad_filter": "False"}, "vad", False),
            ({"vad": "0"}, "vad", False),
            ({"suppress_tokens": "[-1, 5]"}, "suppress_tokens", (-1, 5)),
            ({"task": "translate"}, "task", "translate"),
            ({"response_format": "json"}, "word_times", False),
            ({"without_timestamps": "true"}, "word_times", False),
            ({"include[]": "logprobs"}, "word_times", True),
            ({"response_format": "srt"}, "word_times", True),
            ({"response_format": "verbose_json"}, "word_times", True),
            ({"response_format": "verbose_json", "word_timestamps": "no"}, "word_times", False),
            ({"chunking_strategy": "auto"}, "vad_options", VadOptions()),
        ],
    )
    def test_every_field_has_its_effect(self, fields: dict[str, str], option: str, value: Any) -> None:
        assert getattr(asked(fields).options.speech, option) == value

    def test_what_the_settings_say_holds_where_a_request_says_nothing(self) -> None:
        settings = Settings(engine="faster-whisper", language="de", prompt="Grüße.")
        heard = read_request({}, settings, "transcribe").options
        assert (heard.speech.language, heard.speech.prompt) == ("de", "Grüße.")
        heard = read_request({"language": ["en"]}, settings, "transcribe").options
        assert heard.speech.language == "en"
        heard = read_request({"language": ["auto"]}, settings, "transcribe").options
        assert (heard.speech.language, heard.speech.prompt) == (None, "Grüße.")


def asked(fields: dict[str, str]) -> Wanted:
    settings = Settings(engine="faster-whisper")
    return read_request({name: [value] for name, value in fields.items()}, settings, "transcribe")
