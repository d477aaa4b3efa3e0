"""Files of a bundle put to their places: by a hard link where that is possible, which takes no room."""

import os
import shutil
from pathlib import Path

from auricle.bundle.manifest import Model, copy_whole


def link_or_copy(source: Path, target: Path) -> None:
    """Put a file to another place too; one that is there is replaced."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    try:
        os.link(source, part)
    except OSError:
        copy_whole(source, target)
    else:
        part.replace(target)
        # Two links to one file are no reason to rename, and the part stays.
        part.unlink(missing_ok=True)


def place_model(model: Model, bundle: Path, models_dir: Path) -> Path:
    """Put a model of a bundle where Auricle looks for models; returns its folder.

    A model of the hub takes its place in a cache by links, like one that was pulled; until the last of them
    is there, the former revision is in use.
    """
    source, target = bundle / model.folder, models_dir / Path(model.folder).name
    if model.commit is None:
        _replace_folder(source, target)
        return target
    for blob in model.links.values():
        link_or_copy(source / "blobs" / blob, target / "blobs" / blob)
    snapshot = target / "snapshots" / model.commit
    snapshot.mkdir(parents=True, exist_ok=True)
    # Without model.bin nothing counts as a model, so it comes last.
    for name in sorted(model.links, key=lambda name: (name == "model.bin", name)):
        link = snapshot / name
        link.unlink(missing_ok=True)
        link.symlink_to(Path("..", "..", "blobs", model.links[name]))
    (target / "refs").mkdir(exist_ok=True)
    (target / "refs" / "main").write_text(model.commit)
    return target


def point(link: Path, target: Path) -> None:
    """Let a symbolic link lead to `target`, in one step."""
    part = link.with_name(f".{link.name}.part")
    part.unlink(missing_ok=True)
    part.symlink_to(target)
    part.replace(link)


def _replace_folder(source: Path, target: Path) -> None:
    coming = target.with_name(f".{target.name}.part")
    shutil.rmtree(coming, ignore_errors=True)
    for file in source.iterdir():
        link_or_copy(file, coming / file.name)
    # Deleting takes a while, and until the new one is there, the old one is the model.
    going = target.with_name(f".{target.name}.old")
    shutil.rmtree(going, ignore_errors=True)
    if target.exists():
        target.replace(going)
    coming.replace(target)
    shutil.rmtree(going, ignore_errors=True)
