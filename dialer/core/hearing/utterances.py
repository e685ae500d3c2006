"""From a chance of speech every 20 ms to utterances and the pauses between them."""

from dataclasses import dataclass

BLOCK_MS = 20
BEGINS, GOES_ON = 0.6, 0.35  # chances of speech
LEAST_MS = 60  # shorter is a click
JOINED_MS = 260  # a pause shorter than this is a breath inside an utterance


@dataclass(slots=True)
class Utterances:
    """What has been said so far, in milliseconds; an utterance is speech with no pause of JOINED_MS or more."""

    now_ms: int = 0
    speaking: bool = False
    began_ms: int | None = None  # first speech of all
    last_ms: int = 0  # end of the last speech
    utterance_from_ms: int = 0
    speech_ms: int = 0
    count: int = 0
    first_ms: int = 0  # length of the first utterance, as far as it got
    longest_pause_ms: int = 0  # between two utterances
    _run_ms: int = 0
    _run_from_ms: int = 0

    def take(self, chance: float) -> None:
        start = self.now_ms
        self.now_ms += BLOCK_MS
        if chance < (GOES_ON if self.speaking else BEGINS):
            self.speaking = False
            self._run_ms = 0
            return
        if not self._run_ms:
            self._run_from_ms = start
        self._run_ms += BLOCK_MS
        if self._run_ms < LEAST_MS:
            return
        if not self.speaking:
            self._begin()
            self.speech_ms += self._run_ms
        else:
            self.speech_ms += BLOCK_MS
        self.speaking = True
        self.last_ms = self.now_ms
        if self.count == 1:
            self.first_ms = self.utterance_ms

    def _begin(self) -> None:
        pause = self._run_from_ms - self.last_ms
        if self.began_ms is None:
            self.began_ms = self._run_from_ms
        elif pause < JOINED_MS:
            return
        else:
            self.longest_pause_ms = max(self.longest_pause_ms, pause)
        self.count += 1
        self.utterance_from_ms = self._run_from_ms

    @property
    def utterance_ms(self) -> int:
        """Length of the utterance that lasts, or of the last one."""
        return max(0, self.last_ms - self.utterance_from_ms)

    @property
    def pause_ms(self) -> int:
        """Since the last speech; 0 while somebody speaks or nobody has."""
        return 0 if self.began_ms is None else self.now_ms - self.last_ms
