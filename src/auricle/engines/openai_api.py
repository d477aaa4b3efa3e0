"""A speech engine elsewhere: any server that speaks OpenAI's transcription API."""

import json
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from auricle.engines import (
    Capabilities,
    EngineIdentity,
    Heard,
    LanguageGuess,
    Samples,
    SpeechOptions,
    flac,
)
from auricle.engines.openai_answer import read_segments
from auricle.errors import (
    AuricleError,
    EngineFailed,
    EngineUnavailable,
    InvalidOption,
    InvalidSetting,
    UnknownModel,
    UnsupportedOption,
)
from auricle.transcript import Segment
from auricle.transcript.languages import WHISPER_LANGUAGES, language_code

NAME = "openai-api"
#: Longest window (s): a lost request costs no more than this, and servers time out on longer ones.
LONGEST = 600.0

CAPABILITIES = Capabilities(
    options=frozenset({"batch_size", "prompt", "temperatures", "word_times"}),
    languages=frozenset(WHISPER_LANGUAGES),
    word_times=True,
    translate=True,
    prompt=True,
    language_detection=True,
    batch=True,
    window=LONGEST,
)

#: What is asked for, richest first. A server that refuses one form is asked for the next from then on.
_FORMS = ("words", "segments", "text")
_LACKS = {
    "segments": "The server gives no times for words.",
    "text": "The server gives text without times; a segment's times are those of the audio it was sent.",
}
_FORM_FIELDS = ("response_format", "verbose_json", "timestamp_granularities")
_DETECTION_SECONDS = 30


def load(
    base_url: str | None,
    model: str,
    *,
    key: str | None = None,
    timeout: float = 600.0,
    max_bytes: int = 25_000_000,
    concurrency: int = 3,
    max_retries: int = 3,
) -> "OpenAIApi":
    """Connect lazily to the server at `base_url` (such as http://127.0.0.1:8000/v1).

    timeout: seconds without an answer before a request counts as lost. max_bytes: largest upload the
    server takes; it decides how long a window may be. concurrency: requests at once, unless the options
    give a batch size. max_retries: more tries after 408, 409, 429, 5xx or a lost connection, waiting twice
    as long each time with jitter, or as long as the server's Retry-After says.
    """
    if not base_url or urlsplit(base_url).scheme not in ("http", "https"):
        raise InvalidSetting(
            f"The engine openai-api needs the address of a server, for example http://127.0.0.1:8000/v1, "
            f"and got {base_url!r}: set AURICLE_ENGINE_URL."
        )
    window = min(LONGEST, (max_bytes - flac.HEADER_BYTES) / flac.WORST_BYTES_PER_SECOND)
    if window < 1:
        raise InvalidSetting(f"AURICLE_ENGINE_MAX_BYTES is {max_bytes}: too small for a second of audio.")
    from openai import OpenAI

    # The client would otherwise send the key it finds in OPENAI_API_KEY to whatever server this is.
    client = OpenAI(base_url=base_url, api_key=key or "none", timeout=timeout, max_retries=max_retries)
    return OpenAIApi(client, model, key=key, window=window, timeout=timeout, concurrency=concurrency)


class OpenAIApi:
    """One connection pool to one server. Learns which form of answer the server can give."""

    def __init__(
        self, client: Any, model: str, *, key: str | None, window: float, timeout: float, concurrency: int
    ) -> None:
        self.capabilities = replace(CAPABILITIES, window=window)
        self._client = client
        self._model = model
        self._key = key
        self._timeout = timeout
        self._concurrency = concurrency
        self._form = self._gives = _FORMS[0]
        address = urlsplit(str(client.base_url))
        self._address = f"{address.scheme}://{address.netloc.rpartition('@')[2]}{address.path}".rstrip("/")

    @property
    def identity(self) -> EngineIdentity:
        """Carries a warning once the server turned out not to give all times that were asked for."""
        lacks = _LACKS.get(self._gives)
        return EngineIdentity(
            NAME, self._model, self._address, device="remote", warnings=(lacks,) if lacks else ()
        )

    def window(self, options: SpeechOptions) -> float | None:
        """What fits into one upload, at most ten minutes."""
        if len(options.temperatures or ()) > 1:
            raise InvalidOption(
                "The engine openai-api takes one temperature, not several: the server has its own fallback."
            )
        return self.capabilities.window

    def transcribe(self, windows: Iterable[Samples], options: SpeechOptions) -> Iterator[Heard]:
        """Send windows, a few at once; their segments come back in order."""
        self.window(options)
        lanes = options.batch_size or self._concurrency
        pool = ThreadPoolExecutor(lanes, thread_name_prefix=NAME)
        waiting: deque[tuple[int, Future[list[Segment]]]] = deque()
        try:
            for number, window in enumerate(windows):
                waiting.append((number, pool.submit(self._hear, window, options)))
                if len(waiting) == lanes:
                    yield from _finished(waiting)
            while waiting:
                yield from _finished(waiting)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def detect_language(self, samples: Samples, options: SpeechOptions) -> LanguageGuess:
        """The language the server hears in the first 30 s; it does not say how sure it is."""
        answer = self._ask(samples[: _DETECTION_SECONDS * flac.RATE], replace(options, task="transcribe"))
        code = language_code(answer.get("language"))
        if code is None:
            raise UnsupportedOption(
                f"The server at {self._address} does not say which language it hears: name the language."
            )
        return LanguageGuess(code, None)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _hear(self, window: Samples, options: SpeechOptions) -> list[Segment]:
        if len(window) == 0:
            return []
        answer = self._ask(window, options)
        segments = read_segments(answer, len(window) / flac.RATE, options.word_times)
        if not answer.get("segments") and not answer.get("words"):
            self._gives = "text" if segments else self._gives
        elif options.word_times and not any(segment.words for segment in segments):
            self._gives = "segments" if self._gives == "words" else self._gives
        return segments

    def _ask(self, window: Samples, options: SpeechOptions) -> dict[str, Any]:
        """Send one window; step down to a simpler form of answer where the server refuses a richer one."""
        from openai import APIStatusError, OpenAIError

        audio = flac.encode(window)
        for form in _FORMS[_FORMS.index(self._form) :]:
            try:
                answer = self._send(audio, form, options)
            except APIStatusError as error:
                if form == _FORMS[-1] or not _refuses_form(error):
                    raise self._explained(error, len(audio)) from error
                continue
            except OpenAIError as error:
                raise self._explained(error, len(audio)) from error
            self._form = form
            return self._parsed(answer)
        raise AssertionError("the last form either answers or raises")

    def _send(self, audio: bytes, form: str, options: SpeechOptions) -> str:
        """One request, with the client's retries. Returns the body of the answer."""
        translate = options.task == "translate"
        fields: dict[str, Any] = {
            "model": self._model,
            "response_format": "json" if form == "text" else "verbose_json",
        }
        if options.language:
            fields["language"] = options.language
        if options.prompt:
            fields["prompt"] = options.prompt
        if options.temperatures:
            fields["temperature"] = options.temperatures[0]
        if form == "words" and options.word_times and not translate:
            fields["timestamp_granularities"] = ["word", "segment"]
        # The client's own methods for this differ from release to release; its transport does not.
        answer = self._client.post(
            "/audio/translations" if translate else "/audio/transcriptions",
            cast_to=str,
            body=fields,
            files={"file": ("audio.flac", audio, "audio/flac")},
            options={"headers": {"Content-Type": "multipart/form-data"}},
        )
        return str(answer)

    def _parsed(self, answer: str) -> dict[str, Any]:
        try:
            document = json.loads(answer)
        except ValueError:
            document = None
        if not isinstance(document, dict) or not isinstance(document.get("text"), str):
            raise EngineFailed(
                f"The server at {self._address} answered with something that is no transcript: "
                f"{self._without_key(answer)[:80]!r}."
            )
        return document

    def _explained(self, error: Exception, sent: int) -> AuricleError:
        """Our error for one of the client's, with the address, without the key."""
        from openai import APIStatusError, APITimeoutError

        where = f"The server at {self._address}"
        if isinstance(error, APITimeoutError):
            return EngineUnavailable(f"{where} did not answer within {self._timeout:g} s.")
        if not isinstance(error, APIStatusError):
            return EngineUnavailable(f"{where} cannot be reached: is it running, and the address right?")
        status, said = error.status_code, self._without_key(_said(error))[:300]
        if status in (401, 403):
            return EngineUnavailable(f"{where} refuses the key ({status}), set AURICLE_ENGINE_KEY: {said}")
        if status == 413:
            return EngineFailed(
                f"{where} refuses uploads of {sent} bytes (413): set AURICLE_ENGINE_MAX_BYTES lower."
            )
        if _names_model(error):
            return UnknownModel(f"{where} has no model {self._model!r} ({status}): {said}")
        if status == 404:
            return EngineUnavailable(
                f"{where} has no transcription API (404): the address usually ends in /v1."
            )
        if status == 429:
            return EngineUnavailable(f"{where} is too busy or the account's limit is reached (429): {said}")
        if status == 503:
            return EngineUnavailable(f"{where} is not ready (503): {said}")
        return EngineFailed(f"{where} failed ({status}): {said}")

    def _without_key(self, text: str) -> str:
        return text.replace(self._key, "***") if self._key else text


def _finished(waiting: deque[tuple[int, Future[list[Segment]]]]) -> Iterator[Heard]:
    number, future = waiting.popleft()
    for segment in future.result():
        yield Heard(number, segment)


def _said(error: Any) -> str:
    """The server's own sentence; bodies are of any shape."""
    body = error.body
    return str(body["message"] if isinstance(body, dict) and "message" in body else body or error.message)[
        :300
    ]


def _refuses_form(error: Any) -> bool:
    return error.status_code in (400, 415, 422) and any(
        field in f"{error.body} {error.message}" for field in _FORM_FIELDS
    )


def _names_model(error: Any) -> bool:
    named = error.status_code == 404 and "model" in str(error.message).lower()
    return named or error.code in ("model_not_found", "unknown_model")
