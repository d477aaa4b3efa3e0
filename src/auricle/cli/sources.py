"""Which recordings a command line names, and where their transcripts go."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from auricle.audio.probe import Limits, probe
from auricle.errors import AudioError, InvalidOption


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

    A folder is searched at every depth, hidden files left out; what is a recording is told by content.
    """
    sources: list[Source] = []
    others: list[Path] = []
    for argument in arguments:
        if not argument.is_dir():
            sources.append(Source(argument, Path()))
            continue
        for path in _files(argument):
            if _is_recording(path, limits):
                sources.append(Source(path, path.parent.relative_to(argument)))
            else:
                others.append(path)
    return sources, others


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
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden:
            yield path


def _is_recording(path: Path, limits: Limits) -> bool:
    try:
        probe(path, limits)
    except AudioError:
        return False
    return True
