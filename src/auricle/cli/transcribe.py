"""`auricle transcribe`: recordings in, transcripts out."""

import inspect
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from auricle.audio.decode import Channels
from auricle.audio.probe import Limits
from auricle.cli.batch import Batch, work
from auricle.cli.completion import completing
from auricle.cli.outputs import Output, check_folder, output_from
from auricle.cli.progress import Display
from auricle.cli.sources import Target, find_sources, plan_targets
from auricle.cli.speech_options import parameters, speech_options
from auricle.engines.registry import CAPABILITIES
from auricle.errors import InvalidOption
from auricle.exports import FORMATS
from auricle.pipeline import PrepareOptions, prepare_options
from auricle.settings import Settings, load_settings

_RECORDING, _OUTPUT, _ENGINE = (
    partial(typer.Option, rich_help_panel=panel) for panel in ("Recording", "Output", "Engine")
)

#: A time (s) no recording reaches: a year.
_LONGEST = 365 * 86_400.0
#: How many files that are no recordings are called by name.
_NAMED = 5


def _transcribe(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", help="Recordings, or folders of them (searched at every depth)."),
    ],
    *,
    output: Annotated[
        str | None,
        _OUTPUT("--output", "-o", metavar="DIR|-", help="Folder for the transcripts; - is standard output."),
    ] = None,
    formats: Annotated[
        str | None,
        _OUTPUT(
            "--format",
            "-f",
            metavar="NAME,...",
            help=f"{', '.join(FORMATS)}; several with commas. Default: txt.",
            autocompletion=completing(FORMATS),
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        _OUTPUT(
            "--set",
            metavar="FORMAT.OPTION=VALUE",
            help="An option of a format, for example srt.max_line=37 or txt.times=yes; may be repeated.",
        ),
    ] = None,
    force: Annotated[bool, _OUTPUT("--force", help="Write over files that exist.")] = False,
    as_json: Annotated[bool, _OUTPUT("--json", help="Print one line of JSON for every recording.")] = False,
    quiet: Annotated[bool, _OUTPUT("--quiet", "-q", help="Show warnings and failures only.")] = False,
    channels: Annotated[
        str,
        _RECORDING(
            metavar="mix|split",
            autocompletion=completing(["mix", "split"]),
            help="mix hears all channels as one; split hears each on its own, as one speaker each. "
            "Default: mix.",
        ),
    ] = "mix",
    start: Annotated[
        str | None, _RECORDING("--from", metavar="TIME", help="Begin here: 90, 1:30 or 1:02:03.5.")
    ] = None,
    end: Annotated[str | None, _RECORDING("--to", metavar="TIME", help="End here.")] = None,
    engine: Annotated[
        str | None,
        _ENGINE(
            metavar="NAME",
            help=f"auto, {', '.join(CAPABILITIES)}. Default: auto.",
            autocompletion=completing(["auto", *CAPABILITIES]),
        ),
    ] = None,
    model: Annotated[
        str | None,
        _ENGINE(
            "--model",
            "-m",
            metavar="NAME",
            help="A size such as small, a Hugging Face id, or a folder; chosen by device when not given.",
        ),
    ] = None,
    device: Annotated[
        str | None,
        _ENGINE(
            metavar="NAME",
            help="auto, cpu or cuda. Default: auto.",
            autocompletion=completing(["auto", "cpu", "cuda"]),
        ),
    ] = None,
    compute_type: Annotated[
        str | None,
        _ENGINE(metavar="NAME", help="int8, float16, float32, ...; chosen by device when not given."),
    ] = None,
    threads: Annotated[int | None, _ENGINE(metavar="N", help="CPU cores to use; 0 is all of them.")] = None,
    **given: Any,
) -> None:
    """Transcribe recordings.

    One recording is printed as text. Several, or any with --format, are written as NAME.FORMAT to this
    folder, or to the one that --output names; files that exist are skipped. Work that was interrupted goes
    on where it stopped when the same command is given again.

    \b
    Examples:
      auricle transcribe talk.mp3
      auricle transcribe interviews/ --output transcripts --format srt,docx
      auricle transcribe call.wav --channels split --from 1:30 --language de

    \b
    Exit status:
      0    all done
      1    at least one recording failed; each says why, the others are done
      2    the command was wrong, or asks for an option or a model there is not
      130  interrupted
    """
    spoken = {name: given.pop(name) for name in ("language", "prompt")}
    chosen = {"engine": engine, "model": model, "device": device, "compute_type": compute_type}
    now = load_settings(**chosen, **spoken, threads=threads)
    speech = speech_options(given, language=now.language, prompt=now.prompt)
    prepare = _prepare_options(now, channels, start, end)
    wanted = output_from(output, formats, settings or [], force=force, as_json=as_json)
    targets, others = _targets(files, prepare.limits, wanted)
    with Display(quiet=quiet) as display:
        if others:
            more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
            named = ", ".join(map(str, others[:_NAMED]))
            display.mention(f"Left out, as they hold no audio: {named}{more}.")
        status = work(Batch(now, speech, prepare, wanted, display), targets)
    sys.exit(status)


def _with_speech_options() -> Any:
    """The command with a parameter for every field of SpeechOptions in place of `**given`."""
    signature = inspect.signature(_transcribe)
    own = [one for one in signature.parameters.values() if one.kind is not inspect.Parameter.VAR_KEYWORD]
    command: Any = _transcribe
    command.__signature__ = signature.replace(parameters=[*own, *parameters()])
    command.__name__ = "transcribe"
    return command


transcribe = _with_speech_options()


def _prepare_options(settings: Settings, channels: str, start: str | None, end: str | None) -> PrepareOptions:
    first, last = _seconds("--from", start), _seconds("--to", end)
    if last is not None and last <= (first or 0.0):
        raise InvalidOption(f"--to {end} does not lie after --from {start or 0}.")
    return prepare_options(settings, channels=cast("Channels", channels), start=first, end=last)


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
    seconds = sum((number * 60.0**place for place, number in enumerate(reversed(numbers))), 0.0)
    if seconds > _LONGEST:
        raise InvalidOption(f"{name} is {text!r}, which is later than any recording lasts.")
    return seconds


def _targets(names: Sequence[str], limits: Limits, output: Output) -> tuple[list[Target], list[Path]]:
    """The recordings and where each one's transcript goes, and the other files in folders."""
    if "" in names:
        # Python takes it for the working directory; the script that passes an unset variable does not.
        raise InvalidOption("A name of a recording is empty.")
    files = [Path(name) for name in names]
    sources, others = find_sources(files, limits)
    if output.to_stdout and len(sources) > 1:
        raise InvalidOption("Standard output takes one recording: name a folder with --output for several.")
    if not sources:
        raise InvalidOption(f"There is no recording in {', '.join(names)}.")
    several = len(sources) > 1 or any(file.is_dir() for file in files)
    folder = Path() if output.folder is None and several and not output.to_stdout else output.folder
    if folder is None:
        return [Target(source.path, {}) for source in sources], others
    check_folder(folder)
    return plan_targets(sources, output.formats, output.extensions, folder), others
