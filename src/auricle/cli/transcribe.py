"""`auricle transcribe`: recordings in, transcripts out."""

import inspect
import json
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from auricle.audio.probe import Limits
from auricle.cli.progress import Display, clock
from auricle.cli.sources import Target, find_sources, plan_targets
from auricle.cli.speech_options import parameters, speech_options
from auricle.engines import Engine, SpeechOptions, check_options
from auricle.engines.registry import CAPABILITIES, open_engine
from auricle.errors import AuricleError, InvalidOption
from auricle.exports import FORMATS, Exported, export, find_format, parse
from auricle.pipeline import PrepareOptions, run
from auricle.pipeline.checkpoints import save_bytes
from auricle.settings import Settings, load_settings
from auricle.transcript import Transcript

_TO_STDOUT = "-"


@dataclass(frozen=True, slots=True)
class _Output:
    """What to write: format names, each format's options, and where."""

    formats: tuple[str, ...]
    options: Mapping[str, Mapping[str, str]]
    folder: Path | None
    to_stdout: bool
    force: bool
    as_json: bool


def _transcribe(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="Recordings, or folders of them.", show_default=False),
    ],
    *,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="DIR|-",
            help="Folder for the transcripts; - is standard output.",
            rich_help_panel="Output",
            show_default=False,
        ),
    ] = None,
    formats: Annotated[
        str | None,
        typer.Option(
            "--format",
            "-f",
            metavar="NAME,...",
            rich_help_panel="Output",
            show_default=False,
            help=f"{', '.join(FORMATS)}; several with commas. Default: txt.",
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="FORMAT.OPTION=VALUE",
            rich_help_panel="Output",
            show_default=False,
            help="An option of a format, for example srt.max_line=37 or txt.times=yes; may be repeated.",
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Write over files that exist.", rich_help_panel="Output")
    ] = False,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print one line of JSON for every recording.", rich_help_panel="Output"),
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Show no progress.", rich_help_panel="Output")
    ] = False,
    channels: Annotated[
        str,
        typer.Option(
            help="mix hears all channels as one; split hears each on its own, as one speaker each.",
            rich_help_panel="Recording",
            metavar="mix|split",
        ),
    ] = "mix",
    start: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="TIME",
            help="Begin here: 90, 1:30 or 1:02:03.5.",
            rich_help_panel="Recording",
            show_default=False,
        ),
    ] = None,
    end: Annotated[
        str | None,
        typer.Option(
            "--to", metavar="TIME", help="End here.", rich_help_panel="Recording", show_default=False
        ),
    ] = None,
    engine: Annotated[
        str | None,
        typer.Option(
            help="auto, faster-whisper, openai-whisper, openai-api or pocketsphinx.",
            rich_help_panel="Engine",
            show_default=False,
            metavar="NAME",
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            "-m",
            help="A size such as small, a Hugging Face id, or a folder.",
            rich_help_panel="Engine",
            show_default=False,
            metavar="NAME",
        ),
    ] = None,
    device: Annotated[
        str | None,
        typer.Option(help="auto, cpu or cuda.", rich_help_panel="Engine", show_default=False, metavar="NAME"),
    ] = None,
    compute_type: Annotated[
        str | None,
        typer.Option(
            help="int8, float16, float32, ...", rich_help_panel="Engine", show_default=False, metavar="NAME"
        ),
    ] = None,
    threads: Annotated[
        int | None, typer.Option(help="CPU cores to use.", rich_help_panel="Engine", show_default=False)
    ] = None,
    **given: Any,
) -> None:
    """Transcribe recordings.

    One recording is printed as text. Several, or any with `--format`, are written as NAME.FORMAT to this
    folder, or to the one that `--output` names; files that exist are skipped. Work that was interrupted goes
    on where it stopped when the same command is given again.

    **Examples**

    `auricle transcribe talk.mp3`

    `auricle transcribe interviews/ --output transcripts --format srt,docx`

    `auricle transcribe call.wav --channels split --from 1:30 --language de`

    Exit status: 0 all done, 1 at least one recording failed, 2 the command was wrong, 130 interrupted.
    """
    settings_now = load_settings(
        engine=engine, model=model, device=device, compute_type=compute_type, threads=threads
    )
    speech = speech_options(given, language=settings_now.language, prompt=settings_now.prompt)
    prepare = _prepare_options(settings_now, channels, start, end)
    wanted = _output(output, formats, settings or [], force=force, as_json=as_json)
    targets, others = _targets(files, prepare.limits, wanted)
    with Display(quiet=quiet) as display:
        for path in others:
            display.say(f"{path}: skipped, holds no audio")
        jobs = _Jobs(settings_now, speech, prepare, wanted, display)
        sys.exit(_work(jobs, targets))


def _with_speech_options() -> Any:
    """The command with a parameter for every field of SpeechOptions in place of `**given`."""
    signature = inspect.signature(_transcribe)
    own = [one for one in signature.parameters.values() if one.kind is not inspect.Parameter.VAR_KEYWORD]
    command: Any = _transcribe
    command.__signature__ = signature.replace(parameters=[*own, *parameters()])
    command.__name__ = "transcribe"
    return command


transcribe = _with_speech_options()


@dataclass(frozen=True, slots=True)
class _Jobs:
    """What every recording of the command has in common."""

    settings: Settings
    speech: SpeechOptions
    prepare: PrepareOptions
    output: _Output
    display: Display


def _work(jobs: _Jobs, targets: Sequence[Target]) -> int:
    """Transcribe all targets; returns the exit status."""
    failed = 0
    waiting = [target for target in targets if not _is_done(jobs, target)]
    if not waiting:
        return 0
    with _interruptible(jobs.display), closing(_open(jobs)) as engine:
        for target in waiting:
            started = time.monotonic()
            jobs.display.begin(target.path.name)
            try:
                transcript = run(
                    target.path,
                    engine,
                    jobs.speech,
                    jobs.prepare,
                    work=jobs.settings.data_dir / "work",
                    keep_days=jobs.settings.work_days,
                    report=jobs.display.step,
                )
                _deliver(jobs, target, transcript, time.monotonic() - started)
            except (AuricleError, OSError) as error:
                failed += 1
                _fail(jobs, target, error)
    return 1 if failed else 0


def _open(jobs: _Jobs) -> Engine:
    engine = open_engine(jobs.settings, report=jobs.display.download)
    check_options(engine.identity.name, engine.capabilities, jobs.speech, CAPABILITIES)
    engine.window(jobs.speech)
    return engine


def _is_done(jobs: _Jobs, target: Target) -> bool:
    """Whether all of a target's files exist and shall stay; says so."""
    if jobs.output.force or not target.files:
        return False
    there = [file for file in target.files.values() if file.exists()]
    for file in there:
        jobs.display.say(f"{file}: exists, skipped (--force writes it anew)")
    done = len(there) == len(target.files)
    if done and jobs.output.as_json:
        _print_json({"file": str(target.path), "status": "skipped", "outputs": [str(file) for file in there]})
    return done


def _deliver(jobs: _Jobs, target: Target, transcript: Transcript, seconds: float) -> None:
    """Write a finished transcript to its files, or to standard output."""
    output, display = jobs.output, jobs.display
    warnings = list(transcript.made_with.warnings)
    written = []
    for name in output.formats:
        exported = export(transcript, name, title=target.path.stem, options=output.options.get(name, {}))
        warnings += [warning for warning in exported.warnings if warning not in warnings]
        file = target.files.get(name)
        if file is None:
            _print(exported, display)
        elif output.force or not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            save_bytes(file, exported.content)
            written.append(str(file))
    for warning in warnings:
        display.say(f"{target.path.name}: warning: {warning}")
    if written:
        speed = transcript.duration / max(seconds, 0.001)
        display.say(
            f"{target.path.name}: {clock(transcript.duration)} in {clock(seconds)} ({speed:.1f}× real time), "
            f"written to {', '.join(written)}"
        )
    if output.as_json:
        _print_json(
            {
                "file": str(target.path),
                "status": "done",
                "outputs": written,
                "language": transcript.language,
                "duration": transcript.duration,
                "seconds": round(seconds, 3),
                "warnings": warnings,
            }
        )


def _fail(jobs: _Jobs, target: Target, error: AuricleError | OSError) -> None:
    sentence = str(error) if isinstance(error, AuricleError) else f"{error.strerror}: {error.filename}"
    if jobs.output.as_json:
        code = error.code if isinstance(error, AuricleError) else "os_error"
        _print_json(
            {"file": str(target.path), "status": "failed", "error": {"code": code, "message": sentence}}
        )
    jobs.display.say(f"{target.path}: failed: {sentence}")


def _print(exported: Exported, display: Display) -> None:
    display.stop()
    sys.stdout.flush()
    sys.stdout.buffer.write(exported.content)
    sys.stdout.buffer.flush()


def _print_json(document: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")
    sys.stdout.flush()


@contextmanager
def _interruptible(display: Display) -> Iterator[None]:
    """Ctrl-C ends the process at once: what is finished is on disk, whole, and nothing waits to be undone."""

    def end(number: int, _: object) -> NoReturn:
        display.stop()
        display.say("Interrupted. Finished parts are kept: the same command goes on with the next one.")
        os._exit(128 + number)

    before = [(number, signal.signal(number, end)) for number in (signal.SIGINT, signal.SIGTERM)]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def _prepare_options(settings: Settings, channels: str, start: str | None, end: str | None) -> PrepareOptions:
    limits = Limits(
        max_bytes=settings.max_upload,
        max_duration=settings.max_duration,
        max_streams=settings.max_streams,
        max_channels=settings.max_channels,
        max_sample_rate=settings.max_sample_rate,
    )
    if channels not in ("mix", "split"):
        raise InvalidOption(f"--channels is {channels!r}, but has to be mix or split.")
    return PrepareOptions(
        channels="split" if channels == "split" else "mix",
        start=_seconds("--from", start),
        end=_seconds("--to", end),
        part_length=settings.part_length,
        part_limit=settings.part_limit,
        limits=limits,
    )


def _seconds(name: str, text: str | None) -> float | None:
    """Seconds from 90, 1:30 or 1:02:03.5."""
    if text is None:
        return None
    try:
        numbers = [float(part) for part in text.split(":")]
        if len(numbers) > 3 or any(not 0 <= number < float("inf") for number in numbers):
            raise ValueError
    except ValueError:
        raise InvalidOption(
            f"{name} is {text!r}, but has to be a time such as 90, 1:30 or 1:02:03.5."
        ) from None
    return sum((number * 60.0**place for place, number in enumerate(reversed(numbers))), 0.0)


def _output(
    output: str | None, formats: str | None, options: Sequence[str], *, force: bool, as_json: bool
) -> _Output:
    names = tuple(dict.fromkeys(find_format(name).name for name in (formats or "txt").split(",")))
    to_stdout = output == _TO_STDOUT
    if to_stdout and len(names) > 1:
        raise InvalidOption(
            "Standard output takes one format: name one with --format, or a folder with --output."
        )
    if to_stdout and as_json:
        raise InvalidOption(
            "--json and --output - would both write to standard output: leave one of them out."
        )
    folder = None if output is None or to_stdout else Path(output)
    if folder is None and (formats or as_json) and not to_stdout:
        folder = Path()
    return _Output(names, _format_options(names, options), folder, to_stdout, force, as_json)


def _format_options(names: Sequence[str], given: Sequence[str]) -> dict[str, dict[str, str]]:
    """The `--set` options by format, checked before any work begins."""
    options: dict[str, dict[str, str]] = {name: {} for name in names}
    for text in given:
        target, equals, value = text.partition("=")
        form, dot, option = target.partition(".")
        if not (equals and dot):
            raise InvalidOption(f"--set {text} has to read FORMAT.OPTION=VALUE, for example srt.max_line=37.")
        if find_format(form).name not in options:
            raise InvalidOption(
                f"--set {text} would have no effect: {form} is not among the formats to write."
            )
        options[find_format(form).name][option] = value
    for name, chosen in options.items():
        parse(find_format(name), chosen)
    return options


def _targets(files: Sequence[Path], limits: Limits, output: _Output) -> tuple[list[Target], list[Path]]:
    sources, others = find_sources(files, limits)
    several = len(sources) > 1 or any(file.is_dir() for file in files)
    if output.to_stdout and len(sources) > 1:
        raise InvalidOption("Standard output takes one recording: name a folder with --output for several.")
    if not sources:
        raise InvalidOption("There is no recording in " + ", ".join(map(str, files)) + ".")
    folder = output.folder if output.folder is not None or output.to_stdout or not several else Path()
    if folder is None:
        return [Target(source.path, {}) for source in sources], others
    extensions = [find_format(name).extension for name in output.formats]
    return plan_targets(sources, output.formats, extensions, folder), others
