"""The container images of a bundle: saved where it is made, loaded where it is installed."""

import os
from collections.abc import Iterable
from pathlib import Path

from auricle.bundle import BaseMissing, CannotCollect
from auricle.bundle.manifest import Image
from auricle.bundle.verify import Say
from auricle.errors import NotFound
from auricle.stack.engine import Engine

FOLDER = "images"
_ID = ("image", "inspect", "--format", "{{.Id}}")


def identify_images(engine: Engine, names: list[str], own: list[str], say: Say) -> list[Image]:
    """The images by name, fetched where they are not here. Raises NotFound and CannotCollect."""
    found = []
    for name in names:
        if engine.ask(*_ID, name) is None:
            if name in own:
                raise NotFound(
                    f"There is no image {name} here: `auricle stack build` makes it; or give --images no."
                )
            say(f"Fetching the image {name}")
            if engine.ask("pull", "--quiet", name) is None:
                raise CannotCollect(
                    f"{engine.name} could not fetch the image {name}: try `{engine.name} pull`."
                )
        identity = engine.ask(*_ID, name) or ""
        found.append(Image(name, identity, f"{FOLDER}/{identity.removeprefix('sha256:')[:32]}.tar"))
    return found


def save_image(engine: Engine, image: Image, bundle: Path, say: Say) -> None:
    """Write an image to its file, whole or not at all. Raises CannotCollect."""
    say(f"Saving the image {image.name}")
    target = bundle / image.file
    target.parent.mkdir(exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    if engine.ask("save", "--output", str(part), image.name) is None:
        raise CannotCollect(f"{engine.name} could not save the image {image.name}: is the disk full?")
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(target)


def find_images(engine: Engine, images: tuple[Image, ...], places: list[Path]) -> list[tuple[Image, Path]]:
    """The images that the engine does not have, each with its file, which lies in one of `places`.

    Raises BaseMissing where none has it.
    """
    found = []
    for image in images:
        if engine.ask(*_ID, image.name) == image.id:
            continue
        file = next((place / image.file for place in places if (place / image.file).is_file()), None)
        if file is None:
            raise BaseMissing(
                f"The image {image.name} is neither here nor in this bundle, which is a difference: name the "
                "folder of the bundle before it with --base."
            )
        found.append((image, file))
    return found


def load_images(engine: Engine, found: Iterable[tuple[Image, Path]], say: Say) -> None:
    """Give the engine images out of their files. Raises CannotCollect where it refuses one."""
    for image, file in found:
        say(f"Loading the image {image.name}")
        if engine.ask("load", "--input", str(file)) is None:
            raise CannotCollect(
                f"{engine.name} did not take {file}: try `{engine.name} load --input {file}`."
            )
