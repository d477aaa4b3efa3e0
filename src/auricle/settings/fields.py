"""Every setting: its meaning, its unit, its default and the reason for that default."""

from pydantic import field_validator
from pydantic_core.core_schema import ValidationInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from auricle.settings.access import AccessSettings
from auricle.settings.service import ServiceSettings
from auricle.settings.speech import SpeechSettings

PREFIX = "AURICLE_"
#: What stands in examples where a secret belongs. Everybody can read it there.
EXAMPLE_SECRET = "change-me"  # noqa: S105 - the one that is refused


class Settings(AccessSettings, ServiceSettings, SpeechSettings):
    """The settings of one process; read once by `load_settings` and passed on, never looked up later.

    The constructor takes only what it is given: no environment, no files.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        str_strip_whitespace=True,
        validate_default=True,
    )

    @field_validator("*", mode="before")
    @classmethod
    def _numbers_are_not_booleans(cls, value: object, info: ValidationInfo) -> object:
        if isinstance(value, bool) and cls.model_fields[str(info.field_name)].annotation is not bool:
            raise ValueError
        return value

    @field_validator("*", mode="before")
    @classmethod
    def _secrets_are_not_those_of_examples(cls, value: object) -> object:
        if isinstance(value, str) and EXAMPLE_SECRET in value:
            raise ValueError(
                f"one with a secret of your own in place of {EXAMPLE_SECRET}, as by openssl rand -hex 24"
            )
        return value

    @field_validator("part_limit")
    @classmethod
    def _part_limit_holds_a_part(cls, limit: float, info: ValidationInfo) -> float:
        length = info.data.get("part_length", 0.0)
        if limit < length:
            raise ValueError(f"at least part_length, which is {length:g} s")
        return limit

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 -- the library's signature
        init_settings: PydanticBaseSettingsSource,
        *_others: PydanticBaseSettingsSource,
        **_named: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)
