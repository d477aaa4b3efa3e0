"""Which language a track is heard in: the one that was named, or the one of its first speech."""

from dataclasses import replace

from auricle.engines import Engine, LanguageGuess, SpeechOptions
from auricle.errors import UnsupportedOption


def given_language(engine: Engine, speech: SpeechOptions) -> LanguageGuess | None:
    """The language where nothing has to be detected; UnsupportedOption where the engine cannot detect it."""
    can = engine.capabilities
    if speech.language is not None:
        return LanguageGuess(speech.language, 1.0)
    if len(can.languages) == 1:
        return LanguageGuess(next(iter(can.languages)), 1.0)
    if not can.language_detection:
        raise UnsupportedOption(f"The engine {engine.identity.name} cannot detect the language: name it.")
    return None


def settled(speech: SpeechOptions, language: LanguageGuess | None) -> SpeechOptions:
    """The options once the language is known; every window finds its own where it is `multilingual`."""
    known = replace(speech, language_detection_segments=None, language_detection_threshold=None)
    return known if speech.multilingual or language is None else replace(known, language=language.language)
