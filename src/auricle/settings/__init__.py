"""Settings: what can be set, and where the values come from."""

from auricle.settings.description import allowed, group, is_secret, shown, unit
from auricle.settings.fields import PREFIX, Settings
from auricle.settings.sources import (
    CONFIG_VARIABLE,
    DEFAULT,
    ENVIRONMENT,
    FLAG,
    check_file,
    config_file,
    load_settings,
    origins_of,
    provenance,
)

__all__ = [
    "CONFIG_VARIABLE",
    "DEFAULT",
    "ENVIRONMENT",
    "FLAG",
    "PREFIX",
    "Settings",
    "allowed",
    "check_file",
    "config_file",
    "group",
    "is_secret",
    "load_settings",
    "origins_of",
    "provenance",
    "shown",
    "unit",
]
