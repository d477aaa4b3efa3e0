"""From the settings to the database and the storage they name."""

from auricle.settings import Settings
from auricle.store import Storage
from auricle.store.database import Database, open_database
from auricle.store.storage import open_storage


def database_of(settings: Settings) -> Database:
    """The database the settings name; its folder is made where the default is used."""
    if settings.database_url is not None:
        return open_database(settings.database_url)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    return open_database(f"sqlite:///{settings.data_dir / 'auricle.db'}")


def storage_of(settings: Settings) -> Storage:
    """The storage the settings name."""
    return open_storage(settings.storage_url or (settings.data_dir / "blobs").as_uri())
