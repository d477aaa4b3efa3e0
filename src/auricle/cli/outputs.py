"""What a transcription writes: which formats, with which options, and where."""

import errno
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auricle.errors import InvalidOption, disk_errors
from auricle.exports import export, find_format, parse
from auricle.pipeline.checkpoints import save_bytes
from auricle.transcript import Transcript

_TO_STDOUT = "-"


@dataclass(frozen=True, slots=True)
class Output:
    """What to write: format names, each format's options, and where.

    `folder` is None where the text of a single recording goes to standard output; `to_stdout` says that
    the person asked for that, so that nothing else may go there.
    """

    formats: tuple[str, ...]
    options: Mapping[str, Mapping[str, str]]
    folder: Path | None
    to_stdout: bool
    force: bool
    as_json: bool

    @property
    def extensions(self) -> tuple[str, ...]:
        """What the name of each format's file ends with."""
        return tuple(find_format(name).extension for name in self.formats)


@dataclass(frozen=True, slots=True)
class Delivery:
    """The files that were written, and sentences about what they could not show."""

    files: tuple[str, ...]
    warnings: tuple[str, ...]


def output_from(
    output: str | None, formats: str | None, options: Sequence[str], *, force: bool, as_json: bool
) -> Output:
    """The output that flags ask for; raises InvalidOption before any work where it cannot be had."""
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
    return Output(names, _format_options(names, options), folder, to_stdout, force, as_json)


def check_folder(folder: Path) -> None:
    """Raise InvalidOption where no file can be written to a folder, which may not exist yet."""
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not there.is_dir():
        raise InvalidOption(f"{there} is a file, not a folder: choose another place with --output.")
    if not os.access(there, os.W_OK | os.X_OK):
        raise InvalidOption(
            f"The folder {there.absolute()} cannot be written to: choose another with --output."
        )


def deliver(transcript: Transcript, title: str, files: Mapping[str, Path], output: Output) -> Delivery:
    """Write a finished transcript to `files` by format, or to standard output where there are none.

    Files that exist stay as they are unless `output.force`. Raises DiskFull or OSError.
    """
    warnings: dict[str, None] = {}
    written = []
    for name in output.formats:
        file = files.get(name)
        if file is not None and file.exists() and not output.force:
            continue
        exported = export(transcript, name, title=title, options=output.options[name])
        warnings |= dict.fromkeys(exported.warnings)
        if file is None:
            _print(exported.content)
        else:
            with disk_errors(file):
                file.parent.mkdir(parents=True, exist_ok=True)
            save_bytes(file, exported.content)
            written.append(str(file))
    return Delivery(tuple(written), tuple(warnings))


def print_json(document: Mapping[str, Any]) -> None:
    """Print one line of JSON, in UTF-8 whatever the terminal speaks."""
    # A file name that is no UTF-8 comes as halves of pairs; JSON spells those as \udcff.
    _print(json.dumps(document, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n")


def _print(content: bytes) -> None:
    if not sys.stdout:  # whoever started us closed it
        raise OSError(errno.EBADF, "Standard output is closed")
    with disk_errors(Path("standard output")):
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()


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
