"""`auricle serve`: the server, which also does the work where no other workers are called."""

import os
import sys
import threading
from typing import Annotated

import typer

from auricle.cli.ending import ending_on_sigterm
from auricle.settings import load_settings


def serve(
    host: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="The address to listen on. Default: AURICLE_HOST, 127.0.0.1."),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            metavar="PORT",
            min=0,
            max=65_535,
            help="The port to listen on; 0 takes a free one. Default: AURICLE_PORT, 8000.",
        ),
    ] = None,
) -> None:
    """Start the server: recordings in, transcripts out, over HTTP.

    Ctrl-C or SIGTERM ends it; what it was working on goes on at the next start.
    """
    settings = load_settings(host=host, port=port)
    from auricle import logs
    from auricle.server import serve as server

    logs.configure(settings.log_level, settings.log_format)
    with ending_on_sigterm():
        server.serve(settings)
    if any(thread.daemon for thread in threading.enumerate()):
        # Python would stop what is stuck there in the middle of native code, which aborts the process.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)
