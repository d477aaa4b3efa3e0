"""Which recordings a command line names, and where their transcripts go."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from auricle.audio.probe import Limits, probe
from auricle.errors import AudioError, InvalidOption, LimitExceeded

#: Endings of files that nobody gives to anything but sound: one that cannot be read is worth a failure.
_SOUND_NAMES = frozenset(
    {".aac", ".aif", ".aiff", ".amr", ".au", ".caf", ".flac", ".m4a", ".mka", ".mp3", ".oga", ".ogg", ".opus"}
    | {".wav", ".wma", ".wv"}
)


@dataclass(frozen=True, slots=True)
class Source:
    """A recording, and its folder relative to the one named on the command line."""

    path: Path
    folder: Path


@dataclass(frozen=True, slots=True)
class Target:
    """A recording and the files to write, by format; none where the text goes to the terminal."""

    path: Path
    files: dict[str, Path]


def find_sources(arguments: Iterable[Path], limits: Limits) -> tuple[list[Source], list[Path]]:
    """The recordings named, those inside folders included, and the files in folders that are none.

    A folder is searched at every depth, hidden files left out; what is a recording is told by content. A
    recording that is named twice counts once. Raises OSError where a folder cannot be read.
    """
    sources: dict[Path, Source] = {}
    others: list[Path] = []
    for argument in arguments:
        if not argument.is_dir():
            sources.setdefault(argument.resolve(), Source(argument, Path()))
            continue
        for path in _files(argument):
            if _is_recording(path, limits):
                sources.setdefault(path.resolve(), Source(path, path.parent.relative_to(argument)))
            else:
                others.append(path)
    return list(sources.values()), others


def plan_targets(
    sources: Sequence[Source], formats: Sequence[str], extensions: Sequence[str], output: Path
) -> list[Target]:
    """Where each transcript goes: OUTPUT/FOLDER/STEM.FORMAT.

    Recordings whose names differ only in their ending keep it (`talk.wav.srt`, `talk.mp3.srt`); what is
    equal even then gets a number. Raises InvalidOption where a file would overwrite a recording.
    """
    stems = Counter((source.folder, source.path.stem) for source in sources)
    taken: set[Path] = set()
    targets = []
    recordings = {source.path.resolve() for source in sources}
    for source in sources:
        stem = source.path.stem if stems[source.folder, source.path.stem] == 1 else source.path.name
        names = (stem, *(f"{stem}-{number}" for number in range(2, len(sources) + 2)))
        base = next(name for name in names if output / source.folder / name not in taken)
        taken.add(output / source.folder / base)
        files = {
            name: output / source.folder / f"{base}{extension}"
            for name, extension in zip(formats, extensions, strict=True)
        }
        for file in files.values():
            if file.resolve() in recordings:
                raise InvalidOption(f"{file} is a recording; choose another folder with --output.")
        targets.append(Target(source.path, files))
    return targets


def _files(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder, onerror=_refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(parent, name)
            if not name.startswith(".") and path.is_file():
                yield path


def _refuse(error: OSError) -> NoReturn:
    raise error


def _is_recording(path: Path, limits: Limits) -> bool:
    try:
        probe(path, limits)
    except LimitExceeded:
        return True
    except AudioError:
        return path.suffix.lower() in _SOUND_NAMES or not os.access(path, os.R_OK)
    return True
