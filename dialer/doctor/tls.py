"""The certificate of the pages, as it lies there: nothing is made."""

from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from dialer.config import Settings
from dialer.core.checkup import CertificateSeen, Finding, certificate
from dialer.web.tls import own_names


def pages_certificate(settings: Settings, now: datetime) -> Finding:
    named = settings.web.certificate is not None
    folder = settings.state_dir / "web"
    file, key = settings.web.certificate or folder / "certificate.pem", settings.web.key or folder / "key.pem"
    if not named and not file.exists():
        return certificate(None, now)
    try:
        return certificate(_seen(settings, file, key, is_ours=not named), now)
    except OSError as unread:
        return certificate(None, now, why=f"{unread.filename}: 読めません（{unread.strerror}）。")
    except (ValueError, TypeError):
        return certificate(None, now, why=f"{file} か {key} は PEM ではないか、鍵に合言葉が付いています。")


def _seen(settings: Settings, file: Path, key: Path, *, is_ours: bool) -> CertificateSeen:
    known = x509.load_pem_x509_certificate(file.read_bytes())
    private = load_pem_private_key(key.read_bytes(), None)
    wanted = own_names(settings) if is_ours else settings.web.names
    held = _names(known)
    return CertificateSeen(
        first=known.not_valid_before_utc,
        last=known.not_valid_after_utc,
        names_missing=tuple(name for name in wanted if not _is_held(name, held)),
        is_ours=is_ours,
        fits_key=known.public_key() == private.public_key(),
    )


def _names(known: x509.Certificate) -> set[str]:
    try:
        held = known.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return set()
    return {str(one.value).lower() for one in held if isinstance(one, x509.DNSName | x509.IPAddress)}


def _is_held(name: str, held: set[str]) -> bool:
    lower = name.lower()
    return lower in held or f"*.{lower.partition('.')[2]}" in held
