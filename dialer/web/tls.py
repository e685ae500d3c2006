"""The certificate of the pages: the one that is named, or one made here and kept until it runs out.

A browser gives the microphone only to what came over TLS, so there is always one. Ours is trusted by nobody by itself:
README.md tells how terminals learn to.
"""

import ipaddress
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from dialer.config import Settings, SettingsError
from dialer.folders import private_folder, write_secret

VALID = timedelta(days=820)  # longer is refused by some browsers
MADE_ANEW_BEFORE = timedelta(days=30)
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared with, not bound to


def server_context(settings: Settings, now: datetime) -> ssl.SSLContext:
    """SettingsError when the named files cannot be used."""
    certificate, key = certificate_files(settings, now)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as wrong:
        reason = wrong.strerror or type(wrong).__name__
        raise SettingsError(
            f"web.certificate: {certificate} and {key} cannot be used ({reason}); both have to be PEM and of one pair"
        ) from None
    return context


def certificate_files(settings: Settings, now: datetime) -> tuple[Path, Path]:
    """The certificate and its key; made when none is named and there is none, or it runs out, or names have changed."""
    if settings.web.certificate is not None and settings.web.key is not None:
        return settings.web.certificate, settings.web.key
    folder = private_folder(settings.state_dir / "web")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    if not _still_good(certificate, key, own_names(settings), now):
        _make(certificate, key, own_names(settings), now)
    return certificate, key


def own_names(settings: Settings) -> list[str]:
    own = [] if settings.web.host in EVERYWHERE else [settings.web.host]
    return list(dict.fromkeys((*settings.web.names, *own, "localhost", "127.0.0.1")))


def _still_good(certificate: Path, key: Path, names: Sequence[str], now: datetime) -> bool:
    try:
        known = x509.load_pem_x509_certificate(certificate.read_bytes())
        private = load_pem_private_key(key.read_bytes(), None)
        held = known.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return False
    in_time = known.not_valid_before_utc <= now < known.not_valid_after_utc - MADE_ANEW_BEFORE
    return in_time and known.public_key() == private.public_key() and set(held) == set(map(_as_name, names))


def _make(certificate: Path, key: Path, names: Sequence[str], now: datetime) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Yobikake")])
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now.astimezone(UTC) - timedelta(minutes=5))
        .not_valid_after(now.astimezone(UTC) + VALID)
        .add_extension(x509.SubjectAlternativeName([_as_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(private, SHA256())
    )
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_secret(key, pem.decode())
    write_secret(certificate, made.public_bytes(Encoding.PEM).decode())


def _as_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        pass
    try:
        return x509.DNSName(name)
    except ValueError:
        raise SettingsError(f"web.names: {name} is neither an address nor a name in ASCII") from None
