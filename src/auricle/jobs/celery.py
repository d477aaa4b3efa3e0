"""Celery as a doorbell on Redis, RabbitMQ and SQS: its messages say that a queue has work, and no more.

What is to be done stands in the ledger, so a message may be lost, doubled or late without harm. It is
acknowledged before anything is done, since the lease and not the broker brings lost work back; messages that
wait for their acknowledgement come again while a long task still runs.
"""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar
from urllib.parse import urlsplit

import structlog
from celery import Celery
from celery.worker import state as celery_state

from auricle.errors import StorageUnavailable
from auricle.settings import Settings

log = structlog.get_logger(__name__)

TASK = "auricle.work"
#: How long (s) a ring waits for the broker, and how long it is left alone after it did not answer.
PATIENCE = 2.0
REST = 5.0
#: After a fault of its own the listener begins anew after this long (s).
AGAIN = 5.0
#: A ring that a worker of SQS took and never acknowledged is heard by another after this long (s).
_VISIBILITY = 900

_T = TypeVar("_T")


def queue_name(settings: Settings, queue: str) -> str:
    """What a queue is called in the broker, where other installations may have theirs."""
    return f"{settings.name}.{queue}"


def create_celery(settings: Settings, transport: dict[str, Any]) -> Celery:
    """The Celery application; `transport` is added to the options of the broker's client."""
    url = settings.broker_url or ""
    is_redis = url.startswith("redis")
    app = Celery(settings.name, set_as_current=False)
    app.conf.update(
        broker_url=url,
        broker_connection_timeout=PATIENCE,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options=_transport_options(settings, url) | transport,
        task_ignore_result=True,
        task_acks_late=False,
        task_serializer="json",
        accept_content=["json"],
        worker_prefetch_multiplier=1,
        # Known only to the client of Redis; the others hold one ring more than they work on.
        worker_disable_prefetch=is_redis,
        # Whoever reaches the broker could end workers by it; how they are stands in the database.
        worker_enable_remote_control=False,
        worker_hijack_root_logger=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
    )
    return app


def _transport_options(settings: Settings, url: str) -> dict[str, Any]:
    if url.startswith("redis"):
        return {
            "global_keyprefix": f"{settings.name}:",
            "socket_keepalive": True,
            "socket_connect_timeout": PATIENCE,
            "health_check_interval": 25,
        }
    if url.startswith("sqs"):
        address = urlsplit(url)
        # Another address than Amazon's is a stand-in, mostly without TLS.
        return {
            "is_secure": address.hostname is None or address.port in (None, 443),
            "visibility_timeout": _VISIBILITY,
        }
    return {}


class CeleryBroker:
    """Rings by sending a message; all calls share one connection, and none waits long for a broker."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        boto = {"connect_timeout": PATIENCE, "read_timeout": PATIENCE, "retries": {"total_max_attempts": 1}}
        hasty: dict[str, dict[str, Any]] = {
            "redis": {"socket_timeout": PATIENCE, "retry_on_timeout": False},
            "amqp": {"read_timeout": PATIENCE, "write_timeout": PATIENCE},
            "sqs": {"client-config": boto},
        }
        scheme = urlsplit(settings.broker_url or "").scheme
        kind = next((name for name in hasty if scheme.startswith(name)), "")
        self._app = create_celery(settings, {"max_retries": 0, **hasty.get(kind, {})})
        self._connection: Any = None
        self._away_until = 0.0
        self._problem = ""
        self._lock = threading.Lock()

    def ring(self, queue: str) -> None:
        """Wake one worker of the queue; raises StorageUnavailable where the broker cannot be reached."""
        name = queue_name(self._settings, queue)
        self._ask(lambda at: self._app.send_task(TASK, args=[queue], queue=name, connection=at, retry=False))

    def depth(self, queue: str) -> int:
        """How many rings no worker has heard yet; raises StorageUnavailable."""
        declared = self._app.amqp.queues[queue_name(self._settings, queue)]
        # Not passively: with a key prefix, Kombu 5.7 takes every queue of Redis for one that does not exist.
        return self._ask(lambda at: int(declared.queue_declare(channel=at.default_channel).message_count))

    def close(self) -> None:
        """Give the connection back."""
        with self._lock:
            self._hang_up()

    def _ask(self, question: Callable[[Any], _T]) -> _T:
        """Ask over the connection there is, then over a new one: the old one may have died unnoticed."""
        with self._lock:
            if time.monotonic() < self._away_until:
                raise StorageUnavailable(self._problem)
            while True:
                was_open = self._connection is not None
                try:
                    return question(self._open())
                except Exception as error:
                    self._hang_up()
                    if not was_open:
                        raise self._outage(error) from error

    def _open(self) -> Any:
        if self._connection is None:
            self._connection = self._app.connection_for_write()
        return self._connection

    def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):
                connection.release()

    def _outage(self, error: Exception) -> StorageUnavailable:
        # The libraries of three brokers raise errors of their own, and all mean the same here.
        self._away_until = time.monotonic() + REST
        reason = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
        self._problem = f"The broker cannot be reached or does not answer: {reason}."
        return StorageUnavailable(self._problem)


def listen(
    settings: Settings,
    queues: Sequence[str],
    name: str,
    hear: Callable[[str], None],
    leaving: threading.Event,
) -> None:
    """Hear the rings for these queues as the Celery worker `name`, until `leaving` is set.

    `hear` gets the queue of one ring at a time and returns when the next may come. An outage of the broker
    is waited out.
    """
    threading.Thread(target=_stop_when, args=(leaving,), name="celery-stop", daemon=True).start()
    while not leaving.is_set():
        app = create_celery(settings, {})
        app.task(hear, name=TASK)
        worker = app.WorkController(
            hostname=f"{settings.name}@{name}",
            pool_cls="threads",
            concurrency=1,
            queues=[queue_name(settings, queue) for queue in queues],
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
        )
        worker.start()
        if not leaving.wait(AGAIN):
            log.warning("listener_starts_again", exit_code=worker.exitcode)


def _stop_when(leaving: threading.Event) -> None:
    leaving.wait()
    # What Celery's own handler of SIGTERM does: the loop ends after what it is at.
    celery_state.should_stop = 0
