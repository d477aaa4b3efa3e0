"""Write .env.example, auricle.toml.example and docs/settings.md from the settings themselves."""

from pathlib import Path

from auricle.settings.examples import env_example, settings_page, toml_example

FILES = {
    ".env.example": env_example,
    "auricle.toml.example": toml_example,
    "docs/settings.md": settings_page,
}

if __name__ == "__main__":
    for name, text in FILES.items():
        (Path(__file__).parent.parent / name).write_text(text(), encoding="utf-8")
