"""Asterisk's channel event log, read while it grows."""

from datetime import timedelta
from pathlib import Path

import pytest

from dialer import witness_file
from dialer.witness_file import WitnessFile

ONE, TWO = "5f0c6d0e-6f53-4f0e-9d53-0d6a6b1f0001", "5f0c6d0e-6f53-4f0e-9d53-0d6a6b1f0002"


def line(kind: str, at: float, channel: str) -> str:
    extra = '"{""hangupcause"":16}"' if kind == "HANGUP" else '""'
    return f'"{kind}","{at:.6f}","{channel}","PJSIP/carrier-00000001","",{extra}\n'


def test_a_line_is_read_when_it_is_whole_and_only_once(tmp_path: Path) -> None:
    path = tmp_path / "channels.csv"
    witness = WitnessFile(path)
    assert witness.read() == {}
    whole = line("CHAN_START", 100, ONE)
    path.write_text(whole + line("ANSWER", 101, ONE)[:20])
    assert {channel: len(events) for channel, events in witness.read().items()} == {ONE: 1}
    path.write_text(whole + line("ANSWER", 101, ONE))
    assert {channel: len(events) for channel, events in witness.read().items()} == {ONE: 2}
    assert {channel: len(events) for channel, events in witness.read().items()} == {ONE: 2}


def test_a_new_file_is_read_from_its_start(tmp_path: Path) -> None:
    path = tmp_path / "channels.csv"
    witness = WitnessFile(path)
    path.write_text(line("CHAN_START", 100, ONE) + line("HANGUP", 105, ONE))
    witness.read()
    path.write_text(line("CHAN_START", 200, TWO))
    assert witness.read().keys() == {ONE, TWO}


def test_channels_long_over_are_forgotten_and_those_still_up_are_not(tmp_path: Path) -> None:
    path = tmp_path / "channels.csv"
    witness = WitnessFile(path, keep=timedelta(seconds=60))
    path.write_text(line("CHAN_START", 100, ONE) + line("HANGUP", 105, ONE) + line("CHAN_START", 110, TWO))
    assert witness.read().keys() == {ONE, TWO}
    with path.open("a") as file:
        file.write(line("ANSWER", 166, TWO))
    assert witness.read().keys() == {TWO}


def test_of_a_long_file_only_the_end_is_read_at_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "channels.csv"
    last = line("CHAN_START", 300, TWO)
    path.write_text("".join(line("CHAN_START", 100 + n, ONE) for n in range(50)) + last)
    monkeypatch.setattr(witness_file, "FIRST_LOOK_BYTES", len(last) + 10)  # begins within a line
    assert WitnessFile(path).read().keys() == {TWO}
