"""What Asterisk says to people: texts of the city, spoken ahead of time. A human recording may replace any file."""

from pathlib import Path

from dialer.core.city import City
from dialer.folders import private_folder
from dialer.media.speech import Speech

INBOUND = (
    "お電話ありがとうございます。ただいま電話に出ることができません。恐れ入りますが、時間をおいておかけ直しください。"
)


def apology(city: City) -> str:
    """Heard by a person who answered and whom nobody could take; no word of arrears (others may be listening)."""
    return (
        f"こちらは、{city.name}です。お呼び出ししながら、ただいま担当者におつなぎすることができません。"
        "誠に申し訳ございません。後ほど、こちらから改めてお電話いたします。"
    )


def make_prompts(folder: Path, speech_folder: Path, cities: list[City]) -> list[Path]:
    """Speak what is not there yet; returns what was made. The text stands beside each file."""
    wanted = {folder / "inbound.wav": INBOUND}
    wanted |= {folder / city.key / "apology.wav": apology(city) for city in cities}
    made = []
    for path, text in wanted.items():
        written = path.with_suffix(".txt")
        if path.exists() and written.exists() and written.read_text(encoding="utf-8") == text:
            continue
        private_folder(path.parent)
        Speech(speech_folder).write(text, path)
        written.write_text(text, encoding="utf-8")
        made.append(path)
    return made
