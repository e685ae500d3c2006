"""Codes of six digits that a second device shows, a new one every half minute (TOTP, RFC 6238)."""

import hmac
from datetime import datetime
from io import BytesIO

import pyotp
import segno

SECONDS = 30
NEIGHBOURS = (0, -1, 1)  # clocks differ, and typing takes a while


def new_secret() -> str:
    return pyotp.random_base32(32)


def step_of(secret: str, typed: str, now: datetime) -> int | None:
    """The half minute to which the code belongs; None when it is wrong."""
    code, present = typed.strip().replace(" ", ""), int(now.timestamp()) // SECONDS
    totp = pyotp.TOTP(secret, interval=SECONDS)
    for step in (present + apart for apart in NEIGHBOURS):
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode()):
            return step
    return None


def picture(secret: str, login: str, of: str) -> str:
    """What the device photographs: a drawing that lies in the page itself."""
    address = pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=of)
    drawn = BytesIO()
    code = segno.make(address, error="m", micro=False)
    code.save(drawn, kind="svg", scale=4, xmldecl=False, light="#fff", svgclass=None, lineclass=None)
    return drawn.getvalue().decode()
