"""Certificates that are made, kept and named."""

import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from dialer.config import Settings, SettingsError, load_settings
from dialer.web.tls import VALID, certificate_files, server_context

NOW = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)


def settings(state: Path, **web: Any) -> Settings:
    return Settings(state_dir=state, web=web)  # type: ignore[arg-type]


def test_the_key_is_for_us_alone_and_the_certificate_names_what_terminals_type(tmp_path: Path) -> None:
    certificate, key = certificate_files(settings(tmp_path, names=["desk.example", "10.1.2.3"]), NOW)
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700
    made = x509.load_pem_x509_certificate(certificate.read_bytes())
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["desk.example", "localhost"]
    assert [str(one) for one in names.get_values_for_type(x509.IPAddress)] == ["10.1.2.3", "127.0.0.1"]
    assert not made.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_it_is_kept_until_a_month_before_it_runs_out(tmp_path: Path) -> None:
    ours = settings(tmp_path)
    last = NOW + VALID - timedelta(days=31)
    certificate, key = certificate_files(ours, NOW)
    first = certificate.read_bytes(), key.read_bytes()
    certificate_files(ours, last)
    assert (certificate.read_bytes(), key.read_bytes()) == first
    certificate_files(ours, last + timedelta(days=2))
    assert certificate.read_bytes() != first[0]


@pytest.mark.parametrize("damage", ["names", "certificate", "key", "other key", "nothing"])
def test_it_is_made_anew_when_it_does_not_fit_any_more(tmp_path: Path, damage: str) -> None:
    certificate, key = certificate_files(settings(tmp_path), NOW)
    first = certificate.read_bytes()
    if damage == "certificate":
        certificate.write_text("damaged")
    elif damage == "key":
        key.unlink()
    elif damage == "other key":
        key.write_bytes(certificate_files(settings(tmp_path / "other"), NOW)[1].read_bytes())
    again = settings(tmp_path, names=["desk.example"] if damage == "names" else [])
    certificate_files(again, NOW)
    assert (certificate.read_bytes() == first) is (damage == "nothing")
    assert server_context(again, NOW).minimum_version is ssl.TLSVersion.TLSv1_2


def test_a_certificate_of_ones_own_is_used(tmp_path: Path) -> None:
    certificate, key = certificate_files(settings(tmp_path / "theirs"), NOW)
    own = settings(tmp_path / "ours", certificate=certificate, key=key)
    assert certificate_files(own, NOW) == (certificate, key)
    server_context(own, NOW)
    assert not (tmp_path / "ours" / "web").exists()


def test_files_that_are_none_are_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_text("nothing")
    for file in ("a.pem", "missing.pem"):
        wrong = settings(tmp_path, certificate=tmp_path / file, key=tmp_path / "a.pem")
        with pytest.raises(SettingsError, match=r"web\.certificate: .* cannot be used") as told:
            server_context(wrong, NOW)
        assert len(str(told.value).splitlines()) == 1


def test_a_name_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"web\.names: 窓口"):
        certificate_files(settings(tmp_path, names=["窓口"]), NOW)


@pytest.mark.parametrize(
    ("web", "told"),
    [
        ({"certificate": "a.pem"}, "certificate and key belong together"),
        ({"port": 15038}, "web.port: a node, the ear or callers.port has this port"),
        ({"idle_seconds": 5}, "web.idle_seconds"),
        ({"colour": "red"}, "web.colour"),
    ],
)
def test_wrong_settings_are_named(tmp_path: Path, web: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        load_settings(state_dir=tmp_path, web=web)
