"""One name for each channel, whoever chose it.

Calls that we place carry an id of ours. Calls that come in are named by Asterisk, after its node and its clock: from
that name follows an id like ours, the same for everybody who hears of the call (engine, AGI server, Asterisk's record).
"""

import re
import uuid

from dialer.core.events import ChannelId

NAMED_BY_ASTERISK = re.compile(r"(?:[A-Za-z0-9_-]+-)?[0-9]{9,}\.[0-9]+")
INBOUND = uuid.UUID("5f0e9a4c-93a5-5d7b-8f57-6f2b7c0e41aa")


def channel_id(unique: str) -> ChannelId:
    """Of Asterisk's uniqueid; what we have named ourselves stays as it is."""
    if NAMED_BY_ASTERISK.fullmatch(unique):
        return ChannelId(str(uuid.uuid5(INBOUND, unique)))
    return ChannelId(unique)


def came_in(channel: str) -> bool:
    """Whether Asterisk named it: nobody of ours placed that call."""
    try:
        return uuid.UUID(channel).version == 5
    except ValueError:
        return False
