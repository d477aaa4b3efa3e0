"""Fetch Swagger UI and Redoc, which are programs of others, and put what the server needs in place."""

import re
import shutil
from pathlib import Path

import node

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
REMOTE_LOGO = re.compile(r"""["'`]https://cdn\.redoc\.ly/[^"'`]*["'`]""")


def main() -> None:
    node.run(PACKAGES, ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], quiet=True)
    TARGET.mkdir(parents=True, exist_ok=True)
    for source, name in FILES.items():
        shutil.copyfile(PACKAGES / "node_modules" / source, TARGET / name)
    shutil.rmtree(PACKAGES / "node_modules")
    # Redoc's footer fetches its maker's logo from afar; a page of ours fetches nothing from anywhere.
    redoc = TARGET / "redoc.standalone.js"
    redoc.write_text(REMOTE_LOGO.sub('"data:,"', redoc.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
