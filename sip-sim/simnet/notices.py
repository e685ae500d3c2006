"""What SIPp tells us: its log lines, and the SIP messages inside them. Pure: bytes in, values out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from email.parser import HeaderParser

Address = tuple[str, int]

KIND = re.compile(r"^@([A-Z0-9]+) \S+\s+\S+\s+(\d+\.\d+) (\S+)$")
END = "@."
URI_USER = re.compile(r"\b(?:sips?:(?P<user>[^@>]*)@|tel:(?P<tel>[^;>]*))")
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that happened to one call, in the order in which SIPp met it."""

    kind: str  # INVITE, ACK, BYE, CANCEL, or the word of ours that was carried out
    at: float  # epoch seconds
    call_id: str
    message: str = ""  # the SIP message, for INVITE, PROGRESS and ACCEPTED


@dataclass(slots=True)
class NoticeReader:
    """Cuts the stream of log lines into notices; a line may come in pieces."""

    _rest: str = ""
    _open: list[str] | None = None
    _head: Notice | None = None
    with_message: frozenset[str] = field(default=frozenset({"INVITE", "PROGRESS", "ACCEPTED"}))

    def feed(self, text: str) -> Iterator[Notice]:
        *lines, self._rest = (self._rest + text).split("\n")
        for raw in lines:
            line = raw.rstrip("\r")
            if self._open is not None and self._head is not None:
                if line == END:
                    head, body = self._head, "\n".join(self._open)
                    self._open = None
                    yield Notice(head.kind, head.at, head.call_id, body)
                else:
                    self._open.append(line)
                continue
            found = KIND.match(line)
            if found is None:
                continue
            notice = Notice(found[1], float(found[2]), found[3])
            if notice.kind in self.with_message:
                self._head, self._open = notice, []
            else:
                yield notice


@dataclass(frozen=True, slots=True)
class SipMessage:
    first_line: str
    headers: Message
    body: str

    @property
    def request_user(self) -> str:
        """The user part of the Request-URI: what was dialled."""
        return _user_in(self.first_line) or ""

    def header(self, name: str) -> str | None:
        value = self.headers.get(name)
        return None if value is None else str(value).strip()

    def user(self, name: str) -> str | None:
        """The number in a From, P-Asserted-Identity …; None when the header is absent."""
        value = self.header(name)
        return _user_in(QUOTED.sub("", value)) if value else None

    @property
    def audio(self) -> Address | None:
        """Where the SDP wants µ-law to be sent; None when it offers none."""
        host, port = None, None
        for line in self.body.splitlines():
            if line.startswith("c=IN IP4 "):
                host = line.split()[2].split("/")[0]
            elif line.startswith("m=audio "):
                parts = line.split()
                port = int(parts[1]) if "0" in parts[3:] else None
        return (host, port) if host and port else None


def _user_in(text: str) -> str | None:
    """Of the first address; None when it has none."""
    found = URI_USER.search(text)
    return found["user"] or found["tel"] if found else None


def parsed(text: str) -> SipMessage:
    head, _, body = text.partition("\n\n")
    first, _, rest = head.partition("\n")
    return SipMessage(first.strip(), HeaderParser().parsestr(rest + "\n\n"), body)
