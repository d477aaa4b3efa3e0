"""How the service runs: where it listens, where it keeps things, who does the work, how long things stay."""

from typing import Annotated, Literal

from pydantic_settings import BaseSettings

from auricle.settings.kinds import BrokerUrl, DatabaseUrl, Lowered, Size, StorageUrl, setting


class ServiceSettings(BaseSettings):
    """Settings of the server and of its workers."""

    host: str = setting(
        "127.0.0.1",
        """The address the server listens on. Only this machine by default; 0.0.0.0 is all its addresses.""",
        group="Server",
        min_length=1,
    )
    port: int = setting(
        8000, "The port the server listens on; 0 takes a free one.", group="Server", ge=0, le=65_535
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error"], Lowered] = setting(
        "info", "The least important messages that are logged.", group="Server"
    )
    log_format: Annotated[Literal["auto", "text", "json"], Lowered] = setting(
        "auto",
        """text is for people, json is one object a line for machines; auto is text on a terminal and json
        elsewhere.""",
        group="Server",
    )

    database_url: DatabaseUrl | None = setting(
        None,
        """The database: sqlite:///FILE, or postgresql://USER:PASSWORD@HOST/NAME where work is shared by
        several machines. By default a file in the data folder, which needs no server.""",
        group="Data",
        kind="DatabaseUrl",
        shown="auricle.db in the data folder",
    )
    storage_url: StorageUrl | None = setting(
        None,
        """Where recordings and transcripts are kept: file:///FOLDER, or s3://BUCKET/PREFIX, with
        ?endpoint=URL for MinIO and other stores of that kind. By default a folder in the data folder.""",
        group="Data",
        kind="StorageUrl",
        shown="blobs in the data folder",
    )
    min_free: Size = setting(
        1_000_000_000,
        """Uploads and jobs are refused while less room than this is free on the disk, so that what is
        running can finish.""",
        group="Data",
        kind="Size",
        unit="bytes",
        ge=0,
    )
    upload_days: float = setting(
        2.0,
        "How long an upload in parts may take; a weekend without a network fits in.",
        group="Data",
        unit="days",
        gt=0,
        le=365,
    )
    retention_days: int | None = setting(
        None,
        """Recordings go to the trash this long after they came, where their owner says nothing else. By
        default they stay.""",
        group="Data",
        unit="days",
        ge=1,
        le=36_500,
        shown="kept",
    )
    trash_days: int = setting(
        30,
        "How long a deleted recording can be brought back.",
        group="Data",
        unit="days",
        ge=0,
        le=3650,
    )
    result_days: int = setting(
        30,
        """How long what a stage found out is kept, so that the same audio with the same options is not
        transcribed again.""",
        group="Data",
        unit="days",
        ge=0,
        le=3650,
    )

    wait: float = setting(
        60.0,
        """How long the server, its workers and auricle db upgrade wait at their start for PostgreSQL to
        answer, and the first two for its tables to be upgraded; 0 does not wait. A minute, so that everything
        may be started at once, in any order.""",
        group="Data",
        unit="s",
        ge=0,
        le=86_400,
    )

    broker_url: BrokerUrl | None = setting(
        None,
        """What wakes workers on other machines: redis://, amqp:// (RabbitMQ) or sqs://. By default the
        server works itself, and other workers look into the database.""",
        group="Work",
        kind="BrokerUrl",
        shown="none",
    )
    name: str = setting(
        "auricle",
        "The name of this installation; it begins the names of its queues, so that several share a broker.",
        group="Work",
        pattern=r"^[A-Za-z0-9_-]{1,40}$",
    )
    gpu_workers: int = setting(
        1,
        """Tasks of the queue gpu (speech recognition) that the server works on at once itself. One, because
        two on one device take turns.""",
        group="Work",
        unit="tasks",
        ge=0,
        le=64,
    )
    cpu_workers: int = setting(
        1,
        "Tasks of the queue cpu (decoding, putting together) that the server works on at once itself.",
        group="Work",
        unit="tasks",
        ge=0,
        le=64,
    )
    lease: float = setting(
        60.0,
        """A worker that has not been heard of for this long has lost its task to the next. Four heartbeats,
        so that one that comes late costs nothing.""",
        group="Work",
        unit="s",
        ge=1,
        le=3600,
    )
    heartbeat: float = setting(
        15.0, "How often a worker says that it is still at work.", group="Work", unit="s", ge=0.1, le=900
    )
    task_limit: float = setting(
        21_600.0,
        """A task that takes longer is stuck: its worker is ended and the task given to another. Six hours
        are enough for ten minutes of audio on the slowest machine.""",
        group="Work",
        unit="s",
        ge=1,
    )
    drain_timeout: float = setting(
        30.0,
        """How long a worker that was told to stop may take to hand its task back; tasks stop between two
        segments.""",
        group="Work",
        unit="s",
        ge=0,
        le=3600,
    )
    max_open_jobs: int = setting(
        1000,
        "The most unfinished jobs one person may have; a script that has gone wild stops here.",
        group="Work",
        unit="jobs",
        ge=1,
    )
    model_idle: float = setting(
        900.0,
        """How long a model that nobody uses stays in memory; 0 keeps it. A quarter of an hour, so that a
        laptop gets its memory back.""",
        group="Work",
        unit="s",
        ge=0,
    )
    health_port: int = setting(
        8080,
        "The port on which a worker answers about its health and metrics; 0 takes a free one.",
        group="Work",
        ge=0,
        le=65_535,
    )
