"""The speech models of a bundle: as plain files, since what carries a bundle may know no links."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from auricle.bundle.manifest import FileRecord, Model, copy_whole, is_as_recorded, record_of
from auricle.bundle.verify import Say
from auricle.engines import models
from auricle.engines.model_cache import Repository, belongs_to_model
from auricle.engines.model_hub import Report
from auricle.engines.registry import hub_of
from auricle.errors import InvalidOption
from auricle.settings import Settings

FOLDER = "models"
_WORTH_A_SENTENCE = 10_000_000


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A file of a model: its name in the bundle, and where it lies now."""

    name: str
    source: Path


def collect_model(name: str, settings: Settings, say: Say) -> tuple[Model, list[ModelFile]]:
    """A model by its name, fetched where it is not here, and its files.

    Raises UnknownModel, ModelUnavailable and DiskFull, as `models.pull` does.
    """
    found = models.pull(name, models_dir=settings.models_dir, hub=hub_of(settings), report=_saying(name, say))
    files = sorted(path for path in found.path.iterdir() if path.is_file() and belongs_to_model(path.name))
    if found.revision.startswith("local-"):
        folder = f"{FOLDER}/{found.path.name}"
        own = [ModelFile(f"{folder}/{path.name}", path) for path in files]
        return Model(found.path.name, folder), own
    folder = f"{FOLDER}/{Repository(Path(), models.repository_of(name)).folder.name}"
    links = {path.name: path.resolve().name for path in files}
    blobs = [ModelFile(f"{folder}/blobs/{links[path.name]}", path.resolve()) for path in files]
    return Model(name, folder, found.revision, links), blobs


def refuse_same_folder(collected: Sequence[Model]) -> None:
    """Raise InvalidOption where two models would lie in one folder."""
    seen: dict[str, str] = {}
    for model in collected:
        if model.folder in seen:
            raise InvalidOption(
                f"{seen[model.folder]} and {model.name} go by one name: leave one of them out."
            )
        seen[model.folder] = model.name


def copy_model_file(file: ModelFile, bundle: Path) -> FileRecord:
    """Bring a file into the bundle, unless it is there and right."""
    wanted, target = record_of(file.source), bundle / file.name
    return wanted if is_as_recorded(target, wanted) else copy_whole(file.source, target)


def _saying(name: str, say: Say) -> Report:
    """A sentence for every tenth of a large file."""
    said: dict[str, int] = {}

    def report(file: str, done: int, size: int) -> None:
        tenth = 10 * done // size if size else 10
        if size >= _WORTH_A_SENTENCE and tenth > said.get(file, 0):
            said[file] = tenth
            say(f"Fetching the model {name}: {file}, {10 * tenth} % of {size / 1e6:,.0f} MB")

    return report
