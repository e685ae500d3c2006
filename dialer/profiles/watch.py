"""A profile that is changed while the engine runs: new values for the next decision, running calls are not touched."""

import hashlib
from pathlib import Path

from dialer.core.city import City
from dialer.profiles.files import FOLDER, files_of, load_city

Stamp = tuple[tuple[str, int, int], ...]


class ProfileWatch:
    """Keeps the profile in force. Asked as often as one likes: unchanged files cost a look at their times."""

    def __init__(self, key: str, folder: Path = FOLDER) -> None:
        self._key, self._folder = key, folder
        self._stamp, self._hash = self._look(), self._content()
        self.city = load_city(key, folder)

    def changed(self) -> City | None:
        """The new profile, once, when the files have changed; it is in force from then on.

        A changed profile that cannot be used raises ProfileError, once; the one before stays in force.
        """
        stamp = self._look()
        if stamp == self._stamp:
            return None
        self._stamp, content = stamp, self._content()
        if content == self._hash:
            return None
        self._hash = content
        city = load_city(self._key, self._folder)
        if city == self.city:
            return None
        self.city = city
        return city

    def _look(self) -> Stamp:
        found = []
        for path in files_of(self._key, self._folder):
            try:
                now = path.stat()
                found.append((str(path), now.st_mtime_ns, now.st_size))
            except OSError:
                found.append((str(path), 0, 0))
        return tuple(found)

    def _content(self) -> str:
        whole = hashlib.sha256()
        for path in files_of(self._key, self._folder):
            try:
                whole.update(path.read_bytes())
            except OSError:
                whole.update(b"-")
        return whole.hexdigest()
