"""Reads a pipe table of a call's events, as captured from the real Asterisk against the simulated network.

at_ms | event      | detail
0     | created    |
212   | ringing    |
9850  | far end    |
9850  | hung up    | cause=1 sip=404
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from dialer.core import ear_events as ear
from dialer.core import events as heard
from dialer.core.events import ChannelEvent, ChannelId

START = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
CHANNEL = ChannelId("5f0c6d0e-6f53-4f0e-9d53-0d6a6b1f0001")

Make = Callable[[datetime, dict[str, str]], ChannelEvent]

WORDS: dict[str, Make] = {
    "created": lambda at, detail: heard.ChannelCreated(CHANNEL, at, "PJSIP/carrier-00000001"),
    "progress": lambda at, detail: heard.Progressed(CHANNEL, at),
    "ringing": lambda at, detail: heard.RingingStarted(CHANNEL, at),
    "answered": lambda at, detail: heard.Answered(CHANNEL, at),
    "joined": lambda at, detail: heard.BridgeEntered(CHANNEL, at, "b", int(detail.get("n", "2"))),
    "left": lambda at, detail: heard.BridgeLeft(CHANNEL, at, "b"),
    "apology": lambda at, detail: heard.ApologyPlayed(CHANNEL, at, detail.get("complete", "yes") == "yes"),
    "far end": lambda at, detail: heard.FarEndHungUp(CHANNEL, at),
    "operator ends": lambda at, detail: heard.OperatorHungUp(CHANNEL, at),
    "hung up": lambda at, detail: heard.HungUp(
        CHANNEL, at, int(detail["cause"]), int(detail["sip"]) if "sip" in detail else None
    ),
    "heard": lambda at, detail: ear.EarHeard(
        CHANNEL, at, detail["what"], int(detail.get("ms", "1000")), detail.get("which", ""), "early" in detail, "理由"
    ),
    "tone": lambda at, detail: ear.ToneHeard(CHANNEL, at),
    "message": lambda at, detail: ear.MessageStarted(CHANNEL, at, detail["tone"] == "yes"),
    "message over": lambda at, detail: ear.MessageEnded(CHANNEL, at, detail["complete"] == "yes"),
    "person came": lambda at, detail: ear.PersonCame(CHANNEL, at),
    "ear gone": lambda at, detail: ear.EarEnded(CHANNEL, at, "SUCCESS"),
    "corrected": lambda at, detail: ear.VerdictCorrected(CHANNEL, at, detail["what"]),
    "held": lambda at, detail: heard.Held(CHANNEL, at),
    "transfer": lambda at, detail: heard.TransferOrdered(
        CHANNEL, at, int(detail["n"]), detail["to"], detail.get("how") == "attended"
    ),
    "transfer failed": lambda at, detail: heard.TransferFailed(CHANNEL, at, int(detail["n"]), "理由"),
    "transferred": lambda at, detail: heard.Transferred(CHANNEL, at, int(detail["n"])),
    "dial failed": lambda at, detail: heard.DialEnded(CHANNEL, at, False, int(detail["reason"])),
}


def events(table: str) -> list[ChannelEvent]:
    """A word that is not known is an error of the test."""
    rows = [line.split("|") for line in table.strip().splitlines()]
    assert [cell.strip() for cell in rows[0]] == ["at_ms", "event", "detail"]
    return [_event(*(cell.strip() for cell in row)) for row in rows[1:]]


def _event(at_ms: str, word: str, detail: str) -> ChannelEvent:
    pairs = dict(pair.split("=") for pair in detail.split())
    return WORDS[word](START + timedelta(milliseconds=int(at_ms)), pairs)
