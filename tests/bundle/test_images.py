"""Container images, into a bundle and out of it, by an engine that keeps notes."""

from pathlib import Path

import pytest

from auricle.bundle import BaseMissing
from auricle.bundle.images import find_images, identify_images, load_images, save_image
from auricle.errors import NotFound
from auricle.stack.engine import find_engine
from fake_docker import FakeDocker

OWN, OTHERS = ["auricle:cpu"], ["postgres:15", "redis:7"]


def nothing(_: str) -> None:
    """Nobody listens."""


def test_images_are_saved_here_and_loaded_there(docker: FakeDocker, tmp_path: Path) -> None:
    docker.answers("images", "auricle:cpu redis:7")
    engine = find_engine()
    images = identify_images(engine, [*OWN, *OTHERS], OWN, nothing)
    assert ["pull", "--quiet", "postgres:15"] in docker.asked()
    for image in images:
        save_image(engine, image, tmp_path, nothing)
        assert (tmp_path / image.file).read_text() == image.name
    docker.answers("images", "redis:7")
    load_images(engine, find_images(engine, tuple(images), [tmp_path]), nothing)
    loaded = [words[2] for words in docker.asked() if words[0] == "load"]
    assert loaded == [str(tmp_path / image.file) for image in images if image.name != "redis:7"]


def test_auricles_own_image_is_made_and_not_fetched(docker: FakeDocker) -> None:
    with pytest.raises(NotFound, match="`auricle stack build` makes it"):
        identify_images(find_engine(), OWN, OWN, nothing)
    assert docker.asked() == []


def test_an_image_that_a_difference_left_out_has_to_be_there(docker: FakeDocker, tmp_path: Path) -> None:
    docker.answers("images", "auricle:cpu")
    images = tuple(identify_images(find_engine(), OWN, OWN, nothing))
    assert find_images(find_engine(), images, [tmp_path]) == []
    docker.answers("images", "")
    with pytest.raises(BaseMissing, match="name the folder of the bundle before it with --base"):
        find_images(find_engine(), images, [tmp_path])
