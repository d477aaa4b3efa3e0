"""Where the files lie that come with Auricle besides its code: `deploy`, and the locks in `requirements`."""

from pathlib import Path

from auricle.errors import NotFound


def checkout() -> Path | None:
    """The folder of the sources that this Auricle runs from; None where it was installed."""
    root = Path(__file__).resolve().parents[2]
    return root if (root / "src" / "auricle").is_dir() and (root / "pyproject.toml").is_file() else None


def shipped(folder: str) -> Path:
    """A folder that comes with Auricle: of the sources, or else of the installed package."""
    path = (checkout() or Path(__file__).resolve().parent) / folder
    if not path.is_dir():
        raise NotFound(f"This installation of Auricle lacks {path}: install its wheel again.")
    return path
