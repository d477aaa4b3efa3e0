"""Settings: what can be set, and where the values come from."""

from auricle.settings.description import allowed, default, group, is_secret, masked, unit
from auricle.settings.fields import PREFIX, Settings
from auricle.settings.sources import CONFIG_VARIABLE, check_file, config_file, load_settings, provenance

__all__ = [
    "CONFIG_VARIABLE",
    "PREFIX",
    "Settings",
    "allowed",
    "check_file",
    "config_file",
    "default",
    "group",
    "is_secret",
    "load_settings",
    "masked",
    "provenance",
    "unit",
]
