"""Code of others lies here as it was when its sum was written down."""

import hashlib
import re
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "dialer/web/static/vendor"
ROW = re.compile(r"^\| `(\S+\.(?:js|css))` \|.*`([0-9a-f]{64})` \|$", re.MULTILINE)


def test_every_file_is_listed_and_is_what_the_list_says() -> None:
    listed = dict(ROW.findall((FOLDER / "README.md").read_text("utf-8")))
    kept = [path for path in FOLDER.iterdir() if path.suffix in (".js", ".css")]
    assert listed == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in kept}


def test_every_file_comes_with_its_licence() -> None:
    scripts = [path for path in FOLDER.iterdir() if path.suffix == ".js"]
    assert scripts
    for script in scripts:
        assert "Permission is hereby granted" in script.with_suffix(".LICENSE.txt").read_text("utf-8")
