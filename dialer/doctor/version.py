"""Which version of the program this is, as its folder says: pyproject.toml, and the commit where it is a clone."""

import tomllib
from pathlib import Path

from dialer.config import ROOT

LENGTH = 10


def program_version(root: Path = ROOT) -> str:
    version = str(tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])
    commit = _commit(root / ".git")
    return f"{version}（{commit[:LENGTH]}）" if commit else version


def _commit(git: Path) -> str:
    """Empty when there is none, or it cannot be told without git itself."""
    try:
        if git.is_file():  # of a second work tree
            git = Path(git.read_text(encoding="utf-8").partition("gitdir: ")[2].strip())
        head = (git / "HEAD").read_text(encoding="ascii").strip()
        if not head.startswith("ref: "):
            return head
        common = git / (git / "commondir").read_text(encoding="ascii").strip() if (git / "commondir").exists() else git
        return (common / head.removeprefix("ref: ")).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
