"""Whether a bundle is what was written, file by file."""

from collections.abc import Callable, Iterator
from pathlib import Path

from auricle.bundle import DamagedBundle
from auricle.bundle.manifest import MANIFEST, SUMS, Manifest, is_as_recorded, read_manifest, record_of

#: Called with a sentence about what is being done.
Say = Callable[[str], None]

#: How many damaged files are called by name.
_NAMED = 5


def verify(folder: Path, say: Say = lambda _: None) -> Manifest:
    """Read every file of a bundle; returns its manifest.

    Raises NotFound where there is no bundle, and DamagedBundle, which names what is damaged or missing.
    """
    manifest = read_manifest(folder)
    included = manifest.included()
    say(f"Checking {len(included)} files, {sum(one.size for one in included.values()) / 1e6:,.0f} MB")
    wrong = list(_wrong(folder, manifest))
    if wrong:
        more = f" and {len(wrong) - _NAMED} more" if len(wrong) > _NAMED else ""
        raise DamagedBundle(
            f"The bundle in {folder} cannot be used: {', '.join(wrong[:_NAMED])}{more}. Copy it again from "
            "where the bundle was made; the same `auricle bundle create` there replaces only what is wrong."
        )
    return manifest


def _wrong(folder: Path, manifest: Manifest) -> Iterator[str]:
    if f"{record_of(folder / MANIFEST).sha256}  {MANIFEST}" not in _sums(folder):
        yield f"{MANIFEST} or {SUMS} is damaged"
    for name, record in sorted(manifest.included().items()):
        path = folder / name
        if not path.is_file():
            yield f"{name} is missing"
        elif not is_as_recorded(path, record):
            yield f"{name} is damaged"


def _sums(folder: Path) -> list[str]:
    path = folder / SUMS
    return path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
