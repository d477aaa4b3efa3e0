"""Which broker wakes the workers, as the settings say."""

from auricle.errors import InvalidSetting
from auricle.jobs import Broker
from auricle.jobs.threads import ThreadBroker
from auricle.settings import Settings


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
