"""Every setting in force and from where it is, and that no secret is shown."""

import json
from pathlib import Path

import pytest
from pydantic import BaseModel

from dialer.config import Settings, load_settings
from dialer.origins import HIDDEN, ORIGINS, Origin, SettingSeen, as_text, in_force, shown
from dialer.stack import programs

FILE = """
city = "kurume"
[trunk]
lines = 12
host = "192.0.2.10"
[[nodes]]
name = "b"
sip_port = 15070
"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("YOBIKAKE_STATE_DIR", str(tmp_path))
    monkeypatch.delenv(ORIGINS, raising=False)
    (tmp_path / "settings.toml").write_text(FILE, encoding="utf-8")
    monkeypatch.setenv("YOBIKAKE_NODE", "b")
    monkeypatch.setenv("YOBIKAKE_TRUNK__LINES", "20")
    monkeypatch.setenv("DATABASE_URL", "postgresql://yobikake:geheim@127.0.0.1/yobikake")
    return load_settings()


def seen(settings: Settings) -> dict[str, SettingSeen]:
    return {one.name: one for one in in_force(settings, {"dialling.min_ring_seconds": 35.0})}


def test_each_setting_tells_its_value_its_default_and_where_it_is_from(settings: Settings) -> None:
    found = seen(settings)
    assert [(found[name].value, found[name].origin) for name in ("city", "trunk.host", "trunk.lines", "node")] == [
        ("kurume", Origin.FILE),
        ("192.0.2.10", Origin.FILE),
        ("20", Origin.ENVIRONMENT),  # which overrides the file
        ("b", Origin.ENVIRONMENT),
    ]
    assert (found["trunk.port"].value, found["trunk.port"].origin) == ("15160", Origin.DEFAULT)
    assert found["trunk.lines"].default == "30"
    assert (found["nodes.b.sip_port"].value, found["nodes.b.sip_port"].origin) == ("15070", Origin.FILE)
    assert found["dialling.min_ring_seconds"] == SettingSeen("dialling.min_ring_seconds", "35", "なし", Origin.PROFILE)


def test_no_setting_is_left_out(settings: Settings) -> None:
    def names(model: type[BaseModel], before: str = "") -> set[str]:
        kinds = {name: field.annotation for name, field in model.model_fields.items() if name != "nodes"}
        inner = {name: kind for name, kind in kinds.items() if isinstance(kind, type) and issubclass(kind, BaseModel)}
        below = (names(kind, f"{before}{name}.") for name, kind in inner.items())
        return set().union({before + name for name in kinds if name not in inner}, *below)

    assert {name for name in seen(settings) if not name.startswith("nodes.")} == names(Settings)


def test_the_database_s_password_is_shown_nowhere(settings: Settings) -> None:
    assert seen(settings)["database_url"].value == HIDDEN
    assert "geheim" not in str(in_force(settings, {}))
    assert "geheim" not in as_text(settings)


def test_a_program_of_the_centre_is_told_where_its_settings_are_from(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed = next(one for one in programs(settings) if one.name == "web").environment
    assert json.loads(handed[ORIGINS])["trunk.host"] == "file"
    before = seen(settings)
    for name, value in handed.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("DATABASE_URL")
    assert seen(load_settings()) == before


def test_values_read_as_people_write_them() -> None:
    assert [shown(value) for value in (True, False, None, (), 2.5, ("a", "b"), Path("/var"))] == [
        "はい",
        "いいえ",
        "なし",
        "なし",
        "2.5",
        "a、b",
        "/var",
    ]
