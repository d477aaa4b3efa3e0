"""Write the OpenAPI document of the service, from which the web app's client is made, to a file.

python tools/openapi.py ui/src/app/api/openapi.json
"""

import json
import sys
from pathlib import Path

from auricle.server.app import create_app
from auricle.settings import Settings


def main() -> None:
    document = create_app(Settings()).openapi()
    Path(sys.argv[1]).write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
