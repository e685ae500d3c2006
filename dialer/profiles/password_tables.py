"""`[password]`: what a password of the city's people has to be. None is ever used twice, whatever stands here."""

from typing import Annotated

from pydantic import Field

from dialer.core.passwords import PasswordRules
from dialer.profiles.parts import Source, Table


class PasswordTable(Table):
    clause: Source
    at_least: Annotated[int, Field(ge=8, le=64)]
    lower: bool
    upper: bool
    digit: bool
    symbol: bool
    strength: Annotated[int, Field(ge=0, le=4)]

    def value(self) -> PasswordRules:
        return PasswordRules(self.at_least, self.lower, self.upper, self.digit, self.symbol, self.strength)
