"""Which broker wakes the workers, as the settings say."""

import time
from collections.abc import Callable

import structlog

from auricle.errors import InvalidSetting, StorageUnavailable
from auricle.jobs import Broker
from auricle.jobs.threads import ThreadBroker
from auricle.settings import Settings

log = structlog.get_logger(__name__)

#: Work goes on without a broker, only later, so that nothing waits longer (s) for one.
_PATIENCE = 15.0
#: How often (s) to ask for it: it is left alone for some seconds after it did not answer.
_AGAIN = 5.0


def open_broker(settings: Settings) -> Broker:
    """The bell of this process where no `broker_url` is set, else Celery's; nothing is connected yet.

    Raises InvalidSetting where the libraries for the broker are not installed.
    """
    if settings.broker_url is None:
        return ThreadBroker()
    try:
        from auricle.jobs.celery import CeleryBroker
    except ModuleNotFoundError as error:
        raise InvalidSetting(
            "AURICLE_BROKER_URL names a broker, but what speaks to it is not installed: "
            "pip install 'auricle[celery]'."
        ) from error
    return CeleryBroker(settings)


def await_broker(broker: Broker, patience: float, *, rest: Callable[[float], object] = time.sleep) -> None:
    """Until the broker answers, for at most `patience` seconds (s) and never long; see `await_database`.

    One that does not is told in the log, and no reason not to start.
    """
    end = time.monotonic() + min(patience, _PATIENCE)
    while True:
        try:
            broker.depth("gpu")
            return
        except StorageUnavailable as error:
            left = end - time.monotonic()
            if left <= 0:
                log.warning("starting_without_broker", error=str(error))
                return
            log.warning("waiting_for_broker", error=str(error), seconds_left=round(left))
        rest(min(_AGAIN, left))
