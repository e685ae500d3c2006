"""What guides a person of the centre who speaks a text into a telephone: `<prompts>/dictation-*.wav`."""

from pathlib import Path

from dialer.core.dictation import WORDS, Cue
from dialer.folders import private_folder
from dialer.media.chime import tone
from dialer.media.finishing import speak, spoken_name
from dialer.media.speech import write_wav, write_whole

BEEP_HERTZ, BEEP_SECONDS = 1000.0, 0.3
BEEP_LEVEL = 10 ** (-18 / 20)
BEEP = "1"  # raise it when the tone changes: the files are then made anew


def place_guidance(folder: Path, spoken: Path | None = None) -> bool:
    """True when it was made now. `spoken`: where what was spoken once is kept."""
    names = {cue: spoken_name(words) for cue, words in WORDS.items()}
    mark, made_of = private_folder(folder) / ".dictation", "\n".join([BEEP, *names.values()])
    files = {cue: folder / f"{cue}.wav" for cue in Cue}
    if all(file.exists() for file in files.values()) and mark.exists() and mark.read_text("utf-8") == made_of:
        return False
    write_wav(tone(BEEP_HERTZ, BEEP_SECONDS, BEEP_LEVEL), files[Cue.BEEP])
    for cue, name in names.items():
        kept = spoken / f"{name}.wav" if spoken else files[cue]
        if kept is files[cue] or not kept.exists():
            write_wav(speak(WORDS[cue]), kept)
        if kept is not files[cue]:
            write_whole(kept.read_bytes(), files[cue])
    mark.write_text(made_of, "utf-8")
    return True
