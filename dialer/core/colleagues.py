"""Who in the centre may be given a talk: supervisors at a seat, who stay paused there, then operators who are free."""

from dataclasses import dataclass

from dialer.core.values import LegState, OperatorState, PauseReason

BUSY = {
    OperatorState.TALKING: "通話中",
    OperatorState.RESERVED: "まもなく通話",
    OperatorState.WRAP_UP: "後処理中",
}
NO_SOUND = "音声につながっていません"
AWAY = "画面から離れています"
LEAVING = "退席するところです"
PAUSED = "休止中"


@dataclass(frozen=True, slots=True)
class Colleague:
    phone: str  # op05
    name: str
    supervises: bool
    state: OperatorState
    leg_state: LegState
    pause_reason: PauseReason | None = None
    leaving: bool = False
    takes: bool = True  # the debt kind that the talk is about

    @property
    def why_not(self) -> str | None:
        if self.leaving:
            return LEAVING
        if (busy := BUSY.get(self.state)) is not None:
            return busy
        if self.leg_state is not LegState.UP:
            return NO_SOUND
        if self.pause_reason is PauseReason.PAGE_GONE:
            return AWAY
        if self.state is OperatorState.FREE or (self.supervises and self.state is OperatorState.PAUSED):
            return None
        return PAUSED

    @property
    def order(self) -> tuple[bool, bool, bool, str]:
        """Who can be chosen comes first, of these who takes the debt kind, and of these the supervisors."""
        return self.why_not is not None, not self.takes, not self.supervises, self.phone

    def as_json(self) -> dict[str, object]:
        told = {"phone": self.phone, "name": self.name, "supervises": self.supervises, "why_not": self.why_not}
        return {**told, "takes": self.takes}
