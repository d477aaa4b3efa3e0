"""`auricle worker`: take tasks that a server, here or elsewhere, has queued."""

from typing import Annotated

import typer

from auricle.settings import load_settings


def worker(
    queues: Annotated[
        str,
        typer.Option(metavar="NAME,...", help="What to work on: gpu (speech recognition), cpu (the rest)."),
    ] = "gpu,cpu",
    concurrency: Annotated[
        int,
        typer.Option(metavar="N", min=1, max=64, help="Tasks at once; one for each device is best for gpu."),
    ] = 1,
    health_port: Annotated[
        int | None,
        typer.Option(
            metavar="PORT",
            min=0,
            max=65_535,
            help="Port of /health and /metrics; 0 takes a free one. Default: AURICLE_HEALTH_PORT, 8080.",
        ),
    ] = None,
    exit_when_idle: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS", min=0, help="End when there was nothing to do for so long; runs on by default."
        ),
    ] = None,
) -> None:
    """Work on the tasks of a server that shares its database and storage with this machine.

    Any number of workers may run, on any number of machines. Ctrl-C or SIGTERM hands running tasks back,
    which takes until the next segment; a second Ctrl-C ends at once, and the tasks go to another worker
    when their leases run out.
    """
    settings = load_settings()
    from auricle import logs
    from auricle.jobs.worker import run_worker

    logs.configure(settings.log_level, settings.log_format)
    run_worker(
        settings,
        [name.strip() for name in queues.split(",") if name.strip()],
        concurrency=concurrency,
        health_port=health_port,
        exit_when_idle=exit_when_idle,
    )
