"""Write docs/api.md: what every route does, from the application itself. `--check` only compares."""

import sys
from pathlib import Path
from typing import Any

from auricle.server.answers import OPTION_OF
from auricle.server.app import create_app
from auricle.settings import Settings

PAGE = Path(__file__).resolve().parent.parent / "docs" / "api.md"

_INTRODUCTION = """# The API

Everything Auricle does can be done over HTTP. Start it with `auricle serve` (or `make run`); the routes
below lie under `http://127.0.0.1:8000/api/v1`, those about health at the top. The same is shown, with
every field, and can be tried out, at [/docs](http://127.0.0.1:8000/docs) (Swagger UI) and
[/redoc](http://127.0.0.1:8000/redoc) (Redoc), from files of the server itself; the document behind both
is `/openapi.json` (OpenAPI 3.1).

```sh
export AURICLE_KEY=$(auricle keys create)
api=http://127.0.0.1:8000/api/v1
curl() { command curl -s -H "Authorization: Bearer $AURICLE_KEY" "$@"; }
job=$(curl -F file=@talk.mp3 $api/recordings \\
      | python3 -c 'import json, sys; print(json.load(sys.stdin)["job"]["id"])')   # store it, queue its job
curl $api/jobs/$job                                   # how far it is
curl -N $api/jobs/$job/events                         # follow it to its end
curl "$api/jobs/$job/transcript?format=srt"           # fetch what was said
```

- **Errors** are problem details (RFC 9457, `application/problem+json`): `detail` is a sentence that says
  what to do, `code` is for programs, `retryable` says whether the same request may succeed later. A field of
  a body that there is not is refused (422), never ignored.
- **Lists** come in pages: pass `next` of one page as `cursor` of the next.
- **Writes are safe to repeat**: uploads and jobs take an `Idempotency-Key`: the same request again gives 200
  and what it became, also while the first is still on its way; another file or other options with the same
  key are refused (409). Changes take the `ETag` that was read in `If-Match` and answer 412 where somebody was
  faster.
- **Who asks**: send an API key (`Authorization: Bearer KEY`; `auricle keys create` makes one) or the cookie
  of a session. Reading takes the scope `read`, everything else `write`, the dialects `transcribe`; see
  [People, keys and limits](accounts.md). What belongs to somebody else answers 404.
- **Options** of a job are JSON: `{"language": "de", "word_times": false}`. An option that the chosen
  engine cannot honour is refused with 400; `GET /info` lists all of them.
- **Progress** is sent as the present state, never as a change, so a stream that broke can be opened
  again with `Last-Event-ID` and nothing is missed. `GET /jobs/{id}/segments` gives the text as it comes.
- **Large files** go in parts: `POST /uploads`, `PUT` each part (side by side, again after a failure),
  `POST .../complete`, which may be repeated: 200 and the same recording. An upload that is refused then
  (a wrong option, too many jobs) keeps its parts until it is completed, deleted, or has expired. On S3 the
  answer has an address for each part, and the bytes never pass through the server; what they hold is known
  only when their job begins, so there `duplicate_of` is null and `on_duplicate=return` is refused.
- **Clients** can be made from the document. A transcript comes in the format that was asked for, so a client
  that reads every answer as text leaves PDF and DOCX in the bytes of the answer. `openapi-python-client` has
  to be told that a ZIP file is bytes: `content_type_overrides: {application/zip: application/octet-stream}`.
"""

_TITLES = {
    "recordings": "Recordings",
    "uploads": "Uploads in parts",
    "jobs": "Jobs",
    "transcripts": "Transcripts",
    "search": "Search",
    "exchange": "Exports and erasure",
    "users": "People and keys",
    "openai": "OpenAI's dialect",
    "asr": "whisper-asr-webservice's dialect",
    "models": "Models",
    "admin": "Administration",
    "information": "Information",
    "health": "Health",
}


def page() -> str:
    """The page as it should be."""
    document = create_app(Settings()).openapi()
    groups: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, route in methods.items():
            groups.setdefault(route["tags"][0], []).append(_row(path, method, route))
    lines = [_INTRODUCTION]
    for tag, rows in groups.items():
        lines += [f"## {_TITLES.get(tag, tag.capitalize())}\n", "| route | what it does | parameters |"]
        lines += ["| --- | --- | --- |", *rows, ""]
    return "\n".join(lines)


def _row(path: str, method: str, route: dict[str, Any]) -> str:
    names = [
        f"`{one['name']}`"
        for one in route.get("parameters", [])
        if one["in"] in ("query", "header") and OPTION_OF not in one
    ]
    shown = ", ".join(name for name in names if name != "`authorization`")
    meaning = " ".join(route["description"].split()).replace("|", "\\|")
    return f"| `{method.upper()} {path.removeprefix('/api/v1')}` | {meaning} | {shown} |"


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(PAGE.read_text(encoding="utf-8") != page() and "docs/api.md: run python tools/api_page.py")
    PAGE.write_text(page(), encoding="utf-8")
