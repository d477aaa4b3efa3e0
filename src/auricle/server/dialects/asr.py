"""`/asr` and `/detect-language` as whisper-asr-webservice has them, for Bazarr, Speakr and others."""

import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Annotated, Any, Literal
from urllib.parse import quote

import structlog
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from auricle.audio.probe import probe
from auricle.engines import SpeechOptions
from auricle.errors import AudioError, InvalidOption, UnsupportedOption
from auricle.jobs.options import JobOptions, read_options
from auricle.pipeline import prepare_options
from auricle.server.answers import failed
from auricle.server.deps import ServiceDep, TranscribeDep
from auricle.server.dialects.asr_output import OUTPUTS
from auricle.server.dialects.errors import AsrError
from auricle.server.dialects.fields import Fields
from auricle.server.dialects.form import ScratchForm, receive_scratch
from auricle.server.dialects.model_names import model_options
from auricle.server.dialects.waiting import transcript_of, while_connected
from auricle.server.interactive import ask_language, hear
from auricle.server.service import Service
from auricle.settings import Settings
from auricle.transcript import Transcript
from auricle.transcript.languages import WHISPER_LANGUAGES, language_code

log = structlog.get_logger(__name__)

router = APIRouter(tags=["asr"], responses={"default": failed(AsrError)})

_FILE = "audio_file"
_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": [_FILE],
                    "properties": {_FILE: {"type": "string", "format": "binary"}},
                }
            }
        },
    }
}


class _Sent(BaseModel):
    """What every request says of its file."""

    encode: bool = Field(
        True, description="false: the file is raw samples, 16-bit little-endian, mono, 16 kHz."
    )
    video_file: str | None = Field(None, max_length=4096, description="The film's name, for the log.")


class _Wish(_Sent):
    """What a request for a transcript may say."""

    output: Literal["txt", "vtt", "srt", "tsv", "json"] = Field("txt", description="The form of the answer.")
    task: Literal["transcribe", "translate"] = Field("transcribe", description="translate writes English.")
    language: str | None = Field(
        None, description="A code, an English name, or auto; detected where nothing says it."
    )
    initial_prompt: str | None = Field(None, description="Text that sets style and spelling.")
    hotwords: str | None = Field(None, description="Words that are likely to occur.")
    vad_filter: bool | None = Field(None, description="false decodes silence too.")
    word_timestamps: bool = Field(False, description="Give the words and their times in JSON.")
    model: str | None = Field(None, description="A name that GET /v1/models lists.")
    diarize: bool | None = Field(None, description="Only false: no diarizer is installed yet.")
    enable_diarization: bool | None = Field(None, description="The same as diarize.")
    return_speaker_embeddings: bool | None = Field(None, description="Only false, as diarize.")
    min_speakers: int | None = Field(None, description="Not without a diarizer.")
    max_speakers: int | None = Field(None, description="Not without a diarizer.")


class DetectedLanguage(BaseModel):
    """The language of the first speech."""

    detected_language: str = Field(description="Its English name.")
    language_code: str = Field(description="Its ISO 639-1 code.")
    confidence: float | None = Field(description="How probable it is, 0 to 1, where the engine says.")


@router.post("/asr", response_class=PlainTextResponse, openapi_extra=_FORM)
async def transcribe_file(
    request: Request, service: ServiceDep, user: TranscribeDep, wish: Annotated[_Wish, Query()]
) -> Response:
    """Transcribe a file and answer when it is done, as plain text in every form, JSON too."""
    _refuse_unknown(request, _Wish)
    options = await run_in_threadpool(_options, wish, service.settings)
    async with _received(request, service, wish) as form:
        events = hear(service, user.id, form.path, options, filename=form.filename)
        said = await while_connected(request, transcript_of(events))
    log.info("asr_answered", audio=said.duration, output=wish.output, video=wish.video_file)
    return await run_in_threadpool(_answer, said, wish, form.filename or _FILE)


@router.post("/detect-language", openapi_extra=_FORM)
async def detect_language(
    request: Request, service: ServiceDep, user: TranscribeDep, sent: Annotated[_Sent, Query()]
) -> DetectedLanguage:
    """Tell the language of a file by its first 30 s of speech."""
    _refuse_unknown(request, _Sent)
    configured = await run_in_threadpool(read_options, {}, service.settings)
    options = replace(configured, speech=SpeechOptions(word_times=False))
    async with _received(request, service, sent) as form:
        asking = ask_language(service, user.id, form.path, options, filename=form.filename)
        guess = await while_connected(request, asking)
    if guess is None:
        raise AudioError("Nobody speaks in this recording, so that there is no language to tell.")
    log.info("language_told", language=guess.language, video=sent.video_file)
    return DetectedLanguage(
        detected_language=WHISPER_LANGUAGES.get(guess.language, guess.language),
        language_code=guess.language,
        confidence=guess.probability,
    )


def _answer(said: Transcript, wish: _Wish, name: str) -> Response:
    if not wish.word_timestamps:
        said = replace(said, segments=tuple(replace(segment, words=()) for segment in said.segments))
    headers = {
        "Asr-Engine": said.made_with.engine,
        "Content-Disposition": f'attachment; filename="{quote(name[:255])}.{wish.output}"',
    }
    if said.made_with.warnings:
        headers["X-Auricle-Warnings"] = json.dumps(said.made_with.warnings)
    return PlainTextResponse(OUTPUTS[wish.output](said), headers=headers)


def _refuse_unknown(request: Request, known: type[_Sent]) -> None:
    given = request.query_params
    Fields({name: given.getlist(name) for name in given}).refuse_others(known.model_fields)


def _options(wish: _Wish, settings: Settings) -> JobOptions:
    """How to hear it. Words are timed wherever times are shown, since segments are cut by them."""
    if wish.diarize or wish.enable_diarization or wish.return_speaker_embeddings:
        raise UnsupportedOption("No diarizer is installed yet that tells speakers apart: send diarize=false.")
    if wish.min_speakers is not None or wish.max_speakers is not None:
        raise UnsupportedOption(
            "No diarizer is installed yet that tells speakers apart: leave out min_speakers and max_speakers."
        )
    if wish.word_timestamps and wish.output == "txt":
        raise InvalidOption("word_timestamps has no effect with output=txt: ask for json.")
    given = {
        "task": wish.task,
        "language": _language(wish.language),
        "prompt": wish.initial_prompt or None,
        "hotwords": wish.hotwords or None,
        "vad": wish.vad_filter,
        "word_times": wish.output != "txt",
    }
    if _is_detected(wish.language):
        settings = settings.model_copy(update={"language": None})
    return read_options({**given, **model_options(settings, wish.model)}, settings)


def _is_detected(language: str | None) -> bool:
    """Whether a language is to be detected, even where the settings name one."""
    return language is not None and language.strip().lower() == "auto"


def _language(text: str | None) -> str | None:
    if not text or _is_detected(text):
        return None
    code = language_code(text)
    if code is None:
        raise InvalidOption(
            f"language is {text[:80]!r}, but has to be a code such as en, or a name as english."
        )
    return code


@contextlib.asynccontextmanager
async def _received(request: Request, service: Service, sent: _Sent) -> AsyncIterator[ScratchForm]:
    def is_raw(_: str) -> bool:
        return not sent.encode

    async with receive_scratch(request, service, file_field=_FILE, is_raw=is_raw) as form:
        if form.fields:
            name = next(iter(form.fields))
            raise InvalidOption(
                f"The form has a field {name[:80]!r}: options belong into the URL, after a ?."
            )
        # Nobody waits in the queue to hear that it is no recording.
        await run_in_threadpool(probe, form.path, prepare_options(service.settings).limits)
        yield form
