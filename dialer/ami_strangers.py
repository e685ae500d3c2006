"""Whoever sends us SIP and is neither the carrier nor a telephone of ours: counted by address, and told now and then.

Asterisk refuses them by itself. It would write a line for each, with the number that a stranger claims: a flood would
fill the disk. So it writes none, and we one a minute for an address, without any number.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import structlog

from dialer.ami_events import text

log = structlog.get_logger()

EVENT = "InvalidAccountID"
TOLD_EVERY_SECONDS = 60.0
MOST_ADDRESSES = 200  # of one minute; the rest is counted together
OTHERS = "others"


@dataclass(slots=True)
class Strangers:
    _refused: dict[str, int] = field(default_factory=dict)
    _told_at: float | None = None

    def heard(self, message: Mapping[str, object], now: float) -> bool:
        """True when the message was of a stranger."""
        if text(message, "Event") != EVENT:
            return False
        address = _address(text(message, "RemoteAddress"))
        if address not in self._refused and len(self._refused) >= MOST_ADDRESSES:
            address = OTHERS
        self._refused[address] = self._refused.get(address, 0) + 1
        if self._told_at is None or now - self._told_at >= TOLD_EVERY_SECONDS:
            self._told_at = now
            self._tell()
        return True

    def _tell(self) -> None:
        for address, requests in self._refused.items():
            log.warning("a stranger's calls are refused", address=address, requests=requests)
        self._refused.clear()


def _address(remote: str) -> str:
    """IPV4/UDP/192.0.2.7/5060: without the port, which changes with every request of some."""
    parts = remote.split("/")
    return parts[2] if len(parts) == 4 else "unknown"
