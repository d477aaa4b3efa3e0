"""The last stage: what was heard in every part becomes one transcript."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from auricle import __version__
from auricle.engines import EngineIdentity, LanguageGuess, SpeechOptions
from auricle.pipeline.prepare import Prepared, PrepareOptions
from auricle.transcript import MadeWith, Segment, Speaker, Transcript
from auricle.transcript.languages import WHISPER_LANGUAGES
from auricle.transcript.sentences import sentences

_UNSURE_LANGUAGE = 0.5


@dataclass(frozen=True, slots=True)
class Origin:
    """What the transcript records of its making.

    `languages` are those of the tracks (None: nobody speaks there), `timings` seconds per stage.
    """

    engine: EngineIdentity
    speech: SpeechOptions
    prepare: PrepareOptions
    languages: Sequence[LanguageGuess | None]
    timings: Mapping[str, float]


def assemble(prepared: Prepared, tracks: Sequence[Sequence[Segment]], origin: Origin) -> Transcript:
    """Put the segments of every track (times in the track, in order) together.

    Segments are cut to sentences, numbered by time, and moved to their place in the recording. With
    several tracks each is one speaker.
    """
    several = len(tracks) > 1
    segments = sorted(
        (
            _placed(segment, prepared.offset, f"channel-{number}" if several else None)
            for number, track in enumerate(tracks, 1)
            for segment in sentences(track)
        ),
        key=lambda segment: (segment.start, segment.end),
    )
    language = _main_language(origin.languages, tracks)
    task = origin.speech.task
    return Transcript(
        language="en" if task == "translate" else language and language.language,
        language_probability=None if task == "translate" else language and language.probability,
        task=task,
        duration=round(prepared.offset + prepared.duration, 3),
        speech_duration=prepared.speech_duration,
        segments=tuple(replace(segment, id=number) for number, segment in enumerate(segments)),
        speakers=_speakers(segments, len(tracks)) if several else (),
        made_with=_made_with(prepared, origin),
    )


def _main_language(
    languages: Sequence[LanguageGuess | None], tracks: Sequence[Sequence[Segment]]
) -> LanguageGuess | None:
    """The language of the track where most is said."""
    said = [sum(segment.end - segment.start for segment in track) for track in tracks]
    known = [
        (most, -number, guess)
        for number, (most, guess) in enumerate(zip(said, languages, strict=True))
        if guess
    ]
    return max(known)[2] if known else None


def _placed(segment: Segment, offset: float, speaker: str | None) -> Segment:
    words = tuple(
        replace(word, start=round(word.start + offset, 3), end=round(word.end + offset, 3), speaker=speaker)
        for word in segment.words
    )
    start, end = round(segment.start + offset, 3), round(segment.end + offset, 3)
    return replace(segment, start=start, end=end, words=words, speaker=speaker)


def _speakers(segments: Iterable[Segment], count: int) -> tuple[Speaker, ...]:
    talk = {f"channel-{number}": 0.0 for number in range(1, count + 1)}
    for segment in segments:
        if segment.speaker is not None:
            talk[segment.speaker] += segment.end - segment.start
    return tuple(
        Speaker(name, f"Channel {number}", round(seconds, 3))
        for number, (name, seconds) in enumerate(talk.items(), 1)
    )


def _made_with(prepared: Prepared, origin: Origin) -> MadeWith:
    engine = origin.engine
    return MadeWith(
        engine=engine.name,
        model=engine.model,
        revision=engine.revision,
        device=engine.device,
        compute_type=engine.compute_type,
        options=_options(origin),
        timings={stage: round(seconds, 3) for stage, seconds in origin.timings.items()},
        warnings=(*engine.warnings, *prepared.warnings, *_language_warnings(origin.languages)),
        auricle=__version__,
    )


def _options(origin: Origin) -> dict[str, Any]:
    """What differs from the defaults, in a form JSON knows."""
    asked = origin.speech.asked()
    if "vad_options" in asked:
        asked["vad_options"] = asdict(origin.speech.vad_options)
    listed = {name: list(value) if isinstance(value, tuple) else value for name, value in asked.items()}
    chosen = {name: getattr(origin.prepare, name) for name in ("channels", "start", "end")}
    default = PrepareOptions()
    return listed | {name: value for name, value in chosen.items() if value != getattr(default, name)}


def _language_warnings(languages: Sequence[LanguageGuess | None]) -> Iterator[str]:
    known = [(number, guess) for number, guess in enumerate(languages, 1) if guess]
    if len({guess.language for _, guess in known}) > 1:
        spoken = ", ".join(f"channel {number} {_name(guess)}" for number, guess in known)
        yield f"The channels are in different languages: {spoken}."
    for _, guess in known:
        if guess.probability is not None and guess.probability < _UNSURE_LANGUAGE:
            yield (
                f"The language was taken for {_name(guess)} with a probability of only "
                f"{guess.probability:.0%}: name the language if that is wrong."
            )


def _name(guess: LanguageGuess) -> str:
    return WHISPER_LANGUAGES.get(guess.language, guess.language).title()
