"""Whisper models by name: what a name means, where the files lie, and how they get there."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from filelock import Timeout

from auricle.engines.model_cache import (
    Repository,
    cache_folder,
    digest,
    fingerprint,
    missing_files,
    repositories,
)
from auricle.engines.model_hub import Hub, Report
from auricle.errors import AuricleError, Held, InvalidOption, ModelUnavailable, NotFound, UnknownModel

#: Whisper's sizes and where their CTranslate2 form is published: the names faster-whisper knows.
REPOSITORIES: Mapping[str, str] = {
    "tiny": "Systran/faster-whisper-tiny",
    "tiny.en": "Systran/faster-whisper-tiny.en",
    "base": "Systran/faster-whisper-base",
    "base.en": "Systran/faster-whisper-base.en",
    "small": "Systran/faster-whisper-small",
    "small.en": "Systran/faster-whisper-small.en",
    "medium": "Systran/faster-whisper-medium",
    "medium.en": "Systran/faster-whisper-medium.en",
    "large-v1": "Systran/faster-whisper-large-v1",
    "large-v2": "Systran/faster-whisper-large-v2",
    "large-v3": "Systran/faster-whisper-large-v3",
    "large": "Systran/faster-whisper-large-v3",
    "large-v3-turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
    "turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
    "distil-small.en": "Systran/faster-distil-whisper-small.en",
    "distil-medium.en": "Systran/faster-distil-whisper-medium.en",
    "distil-large-v2": "Systran/faster-distil-whisper-large-v2",
    "distil-large-v3": "Systran/faster-distil-whisper-large-v3",
    "distil-large-v3.5": "distil-whisper/distil-large-v3.5-ct2",
}

#: What Auricle takes by itself where no model is named, depending on the machine.
DEFAULT_MODELS = ("base", "small", "large-v3-turbo")

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", re.ASCII)


def plain_name(name: str) -> str:
    """What a model is called: of a folder or file of one's own just the last part, whose place is private."""
    return name if _HUB_ID.fullmatch(name) else Path(name).name


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A model on disk that can be loaded.

    revision: the commit it was published as; `local-…` and a hash of the content for a folder of one's own.
    """

    path: Path
    name: str
    revision: str

    @property
    def title(self) -> str:
        """The name for transcripts."""
        return self.path.name if self.revision.startswith("local-") else self.name


@dataclass(frozen=True, slots=True)
class CachedModel:
    """A model in the cache. `files` is None while its download is unfinished; `size` is bytes on disk."""

    name: str
    repository: str
    size: int
    files: ModelFiles | None


@dataclass(frozen=True, slots=True)
class Verification:
    """The names of a model's files by what their hashes say; `unchecked` have none to compare with."""

    model: ModelFiles
    sound: tuple[str, ...]
    damaged: tuple[str, ...]
    unchecked: tuple[str, ...]


def repository_of(name: str) -> str:
    """The Hugging Face id behind a model's name; UnknownModel, with names like it, where there is none."""
    if name in REPOSITORIES:
        return REPOSITORIES[name]
    if _HUB_ID.fullmatch(name):
        return name
    folder = _folder(name)
    if folder is not None:
        lacks = ", ".join(missing_files(folder))
        raise UnknownModel(f"The folder {name} holds no model for faster-whisper: it lacks {lacks}.")
    close = difflib.get_close_matches(name.lower(), REPOSITORIES, n=3)
    hint = f"Did you mean {' or '.join(close)}?" if close else f"Known names: {', '.join(REPOSITORIES)}."
    raise UnknownModel(
        f"There is no model {name!r}. {hint} "
        "A Hugging Face id (owner/name) or a folder with a model works too."
    )


def name_of(repository: str) -> str:
    """The shortest way to name a repository: its first name in the table, else the id itself."""
    return next((name for name, known in REPOSITORIES.items() if known == repository), repository)


def find(name: str, *, models_dir: Path | None = None) -> ModelFiles | None:
    """The model of this name if it is here and complete; no network is used. UnknownModel for no name at all.

    `name` is a size, a Hugging Face id or a folder; a folder comes first where both exist.
    `models_dir` None is the Hugging Face cache.
    """
    folder = _own_folder(name)
    if folder is not None:
        return ModelFiles(folder, name, fingerprint(folder))
    snapshot = Repository(cache_folder(models_dir), repository_of(name)).snapshot()
    return None if snapshot is None else ModelFiles(snapshot, name, snapshot.name)


def _silent(*_: object) -> None: ...


def pull(
    name: str,
    *,
    models_dir: Path | None = None,
    hub: Hub | None = None,
    force: bool = False,
    report: Report = _silent,
) -> ModelFiles:
    """The model of this name, fetched where it is not here: only the files that are missing.

    A complete model needs no network; `force` asks the hub for the newest revision and fetches
    every file anew. Raises UnknownModel, ModelUnavailable (no network, no permission), DiskFull.
    """
    found = find(name, models_dir=models_dir)
    if found is not None and (not force or found.path == _own_folder(name)):
        return found
    hub = hub or Hub()
    repository = Repository(cache_folder(models_dir), repository_of(name))
    if hub.is_offline:
        raise ModelUnavailable(_offline(name, repository))
    # Here, because the HTTP client takes long to import and most commands never download.
    from auricle.engines.model_download import download

    try:
        download(repository, hub, force=force, report=report)
    except ModelUnavailable as problem:
        raise ModelUnavailable(f"{problem} {_remedy(name)}") from problem
    found = find(name, models_dir=models_dir)
    if found is None:
        raise ModelUnavailable(f"{repository.id} is published without {', '.join(repository.missing())}.")
    return found


def installed(*, models_dir: Path | None = None) -> list[CachedModel]:
    """The speech models in the cache, unfinished downloads of known ones included.

    The cache is shared with other programs, so that repositories of other kinds lie there as well.
    """
    models = []
    for repository in repositories(cache_folder(models_dir)):
        name, snapshot = name_of(repository.id), repository.snapshot()
        if snapshot is not None or name in REPOSITORIES or any(repository.blobs.glob("*.part")):
            files = None if snapshot is None else ModelFiles(snapshot, name, snapshot.name)
            models.append(CachedModel(name, repository.id, repository.size(), files))
    return models


def remove(name: str, *, models_dir: Path | None = None) -> int:
    """Delete a model and what an unfinished download left of it; the number of bytes that were freed.

    Raises NotFound where there is none, InvalidOption for a folder of one's own, Conflict while it is pulled.
    """
    folder = _own_folder(name)
    if folder is not None:
        raise InvalidOption(f"{folder} is a folder of your own, not of the model cache: delete it yourself.")
    repository = Repository(cache_folder(models_dir), repository_of(name))
    if not repository.folder.is_dir():
        raise NotFound(f"The model {name} is not in {repository.cache}: there is nothing to remove.")
    try:
        with repository.lock(timeout=0):
            freed = repository.size()
            repository.delete()
    except Timeout as held:
        raise Held(f"The model {name} is being pulled by another process; wait for it.") from held
    except OSError as problem:
        raise AuricleError(f"{repository.folder} cannot be removed ({problem.strerror}).") from problem
    return freed


def verify(name: str, *, models_dir: Path | None = None) -> Verification:
    """Hash every file of a model and compare with what was published; needs no network.

    The hash a file should have is the name of the blob its link leads to.
    NotFound where the model is not here.
    """
    model = find(name, models_dir=models_dir)
    if model is None:
        raise NotFound(f"The model {name} is not here. Fetch it with `auricle models pull {name}`.")
    sound, damaged, unchecked = [], [], []
    for path in sorted(path for path in model.path.iterdir() if path.is_file()):
        expected = path.resolve().name
        if not path.is_symlink() or not re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", expected):
            unchecked.append(path.name)
        elif digest(path, expected) == expected:
            sound.append(path.name)
        else:
            damaged.append(path.name)
    return Verification(model, tuple(sound), tuple(damaged), tuple(unchecked))


def _own_folder(name: str) -> Path | None:
    folder = _folder(name)
    return folder.resolve() if folder is not None and not missing_files(folder) else None


def _folder(name: str) -> Path | None:
    """The folder of this name; None where there is none, also where there can be none."""
    try:
        folder = Path(name).expanduser()
        return folder if folder.is_dir() else None
    except (OSError, RuntimeError):
        return None  # too long for a name; the home of somebody who is not known


def _offline(name: str, repository: Repository) -> str:
    return (
        f"The model {name} is not complete in {repository.cache}: {', '.join(repository.missing())} missing, "
        f"and AURICLE_OFFLINE (or HF_HUB_OFFLINE) forbids fetching it. {_remedy(name)}"
    )


def _remedy(name: str) -> str:
    return (
        f"On a machine that reaches the hub, run `auricle models pull {name}`, copy the folder that `auricle "
        f"models where {name}` prints (cp -rL follows its links), and give the copy here as the model."
    )
