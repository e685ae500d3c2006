"""Real telephones for tests: one in a browser and one on a desk, each ended by its own process.

The browser's microphone is a file; what it hears is measured inside the page, as its loudspeaker gets it.
"""

import asyncio
import shutil
import wave
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from playwright.async_api import Browser, Page, async_playwright
from playwright.async_api import Error as PlaywrightError

Samples = npt.NDArray[np.int16]

MODULES = (Path("/usr/lib/baresip/modules"), Path("/usr/local/lib/baresip/modules"))
START_SECONDS = 30.0
CALL = ""
FINE = 1 << 16  # of a spectrum: an eighth of a hertz at 8 kHz, also of a short sound
AUDIBLE = 0.0003  # -70 dBFS
STOP_SECONDS = 5.0

CHROMIUM = (
    "--no-sandbox",  # tests may run as root
    "--use-fake-ui-for-media-stream",  # says yes to the microphone
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",  # the exchange of a test speaks on 127.0.0.1 only
    "--disable-gpu",
)

PHONE_PAGE = """<!doctype html><html lang="ja"><meta charset="utf-8"><title>電話</title>
<audio id="ear"></audio><script type="module" src="/page.js"></script></html>"""

PAGE_SCRIPT = """
import { Softphone } from "/static/softphone.js";
const login = async () => {
  const answer = await fetch("/softphone/login");
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
};
const sounds = new Map(); // and whether a tape runs there
window.AudioContext = class extends AudioContext {
  constructor(...how) {
    super(...how);
    sounds.set(this, false);
  }
};
const phone = new Softphone({ element: document.querySelector("#ear"), login });
const ear = {};
const hears = (stream) => {
  if (ear.stream !== stream) {
    const sound = new AudioContext();
    ear.stream = stream;
    ear.meter = new AnalyserNode(sound, { fftSize: 8192, smoothingTimeConstant: 0 });
    sound.createMediaStreamSource(stream).connect(ear.meter);
  }
  const bins = new Float32Array(ear.meter.frequencyBinCount);
  ear.meter.getFloatFrequencyData(bins);
  const loudest = bins.indexOf(Math.max(...bins));
  return { hertz: (loudest * ear.meter.context.sampleRate) / ear.meter.fftSize, level: bins[loudest] };
};
const played = [];
const { connect } = AudioNode.prototype;
AudioNode.prototype.connect = function (target, ...more) {
  if (target instanceof AudioDestinationNode && sounds.get(target.context)) {
    const tape = new AudioWorkletNode(target.context, "tape");
    tape.port.onmessage = ({ data }) => played.push(...data);
    connect.call(this, tape);
  }
  return connect.call(this, target, ...more);
};
const playedOf = async (kind) => {
  for (const sound of sounds.keys()) {
    if (sound.state === "running") await sound.audioWorklet.addModule("/tape.js");
    sounds.set(sound, sound.state === "running");
  }
  played.length = 0;
  phone.tone(kind);
  const isOver = () => played.some((sample) => sample !== 0) && played.slice(-4800).every((sample) => sample === 0);
  while (!isOver()) await new Promise(requestAnimationFrame);
  return { samples: played, rate: [...sounds.keys()][0].sampleRate };
};
Object.assign(window, { phone, hears, playedOf });
"""

TAPE_SCRIPT = """
class Tape extends AudioWorkletProcessor {
  process([[samples]]) {
    this.port.postMessage(samples ? Array.from(samples) : new Array(128).fill(0));
    return true;
  }
}
registerProcessor("tape", Tape);
"""
"""Beside the page, so that a busy page loses nothing of what is played."""


def sine(path: Path, hertz: float, seconds: float, rate: int = 8000, level: float = 0.25) -> Path:
    at = np.arange(round(seconds * rate)) / rate
    samples = (level * 32767 * np.sin(2 * np.pi * hertz * at)).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(samples.tobytes())
    return path


def share_at(hertz: float, samples: Samples, rate: int = 8000) -> float:
    """How much of a tenth of a second's power lies within 30 Hz of it, at most."""
    width = rate // 10
    rows = samples[: samples.size // width * width].reshape(-1, width) * np.hanning(width)
    power = np.abs(np.fft.rfft(rows)) ** 2
    lines = np.fft.rfftfreq(width, 1 / rate)
    return float((power[:, np.abs(lines - hertz) <= 30].sum(axis=1) / (power.sum(axis=1) + 1)).max())


def loudest_hertz(samples: Samples, rate: int = 8000) -> float:
    """Zero for silence."""
    if not samples.any():
        return 0.0
    size = max(samples.size, FINE)
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(samples.size), size))
    return float(spectrum.argmax() * rate / size)


@dataclass(frozen=True, slots=True)
class Tone:
    samples: npt.NDArray[np.float64]
    rate: int

    @property
    def peak_db(self) -> float:
        return float(20 * np.log10(np.abs(self.samples).max()))

    @property
    def seconds(self) -> float:
        """From its first sample that can be heard to its last."""
        (loud,) = np.nonzero(np.abs(self.samples) > AUDIBLE)
        return float(loud[-1] - loud[0]) / self.rate

    @property
    def steepest(self) -> float:
        """The largest step between two samples: large where it clicks."""
        return float(np.abs(np.diff(self.samples)).max())


@dataclass(slots=True)
class BrowserPhone:
    page: Page
    browser: Browser

    async def another_page(self) -> "BrowserPhone":
        """Of the same person, beside the first."""
        page = await self.page.context.new_page()
        await _open(page, self.page.url)
        return BrowserPhone(page, self.browser)

    async def kill(self) -> None:
        """As a process that crashes: nothing is said to anybody."""
        crash = await self.browser.new_browser_cdp_session()
        with suppress(PlaywrightError):
            await crash.send("Browser.crash")

    async def start(self) -> None:
        await self.page.evaluate("phone.start()")

    async def stop(self) -> None:
        await self.page.evaluate("phone.stop()")

    async def until(self, state: str, within: float = 20.0) -> str:
        """The reason it gives."""
        await self.page.wait_for_function("(wanted) => phone.state === wanted", arg=state, timeout=within * 1000)
        reason: str = await self.page.evaluate("phone.reason")
        return reason

    async def until_reason(self, reason: str, within: float = 20.0) -> None:
        """It says that; or, for an empty one, nothing any more."""
        says = "(wanted) => (wanted ? phone.reason.includes(wanted) : !phone.reason)"
        await self.page.wait_for_function(says, arg=reason, timeout=within * 1000)

    async def plays(self, kind: str) -> Tone:
        """What the tone of that kind is in the ear, sample by sample."""
        found = await self.page.evaluate("(kind) => playedOf(kind)", kind)
        return Tone(np.array(found["samples"], np.float64), found["rate"])

    async def until_it_hears(self, hertz: float, stream: str = CALL, within: float = 20.0) -> None:
        """In what the loudspeaker gets of the call, or of another stream of the page."""
        await self.page.wait_for_function(
            """([wanted, name]) => {
                const stream = name ? window[name].stream : document.querySelector("#ear").srcObject;
                if (!stream) return false;
                const { hertz, level } = hears(stream);
                return level > -60 && Math.abs(hertz - wanted) < 12;
            }""",
            arg=[hertz, stream],
            timeout=within * 1000,
        )


@asynccontextmanager
async def browser_phone(
    address: str, microphone: Path, arguments: Sequence[str] = (), *, allowed: bool = True
) -> AsyncIterator[BrowserPhone]:
    """A Chromium with the site's page of a telephone; `allowed` is what is said to the wish for the microphone."""
    program = shutil.which("chromium")
    assert program, "chromium is missing: ./run test installs it"
    asks = [] if allowed else ["--deny-permission-prompts"]
    wanted = [one for one in CHROMIUM if allowed or one != "--use-fake-ui-for-media-stream"]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=program,
            args=[*wanted, *asks, f"--use-file-for-fake-audio-capture={microphone}", *arguments],
            timeout=START_SECONDS * 1000,
        )
        try:
            context = await browser.new_context(ignore_https_errors=True, locale="ja-JP")
            page = await context.new_page()
            await _open(page, address)
            yield BrowserPhone(page, browser)
        finally:
            await browser.close()


async def _open(page: Page, address: str) -> None:
    page.set_default_timeout(START_SECONDS * 1000)
    await page.goto(address)
    await page.wait_for_function("() => window.phone")


@dataclass(frozen=True, slots=True)
class DeskPhone:
    """A baresip that answers by itself and speaks a file."""

    process: asyncio.subprocess.Process
    folder: Path

    def heard(self) -> Samples:
        """All that it has heard since it was switched on."""
        tapes = sorted(self.folder.glob("dump-*-dec.wav"))
        return np.concatenate([_samples(tape) for tape in tapes]) if tapes else np.zeros(0, np.int16)

    def kill(self) -> None:
        """As a phone whose plug is pulled."""
        self.process.kill()


def _samples(tape: Path) -> Samples:
    """Also of a file that is still being written: its head says nothing of its length yet."""
    return np.frombuffer(tape.read_bytes()[44:][: (tape.stat().st_size - 44) // 2 * 2], "<i2")


def _furnish(folder: Path, exchange: str, name: str, secret: str, speaks: Path, transport: str) -> None:
    folder.mkdir()
    modules = next(path for path in MODULES if path.is_dir())
    settings = [
        f"module_path {modules}",
        *(f"module {one}.so" for one in ("account", "g711", "aufile", "sndfile", "aubridge", "menu")),
        "sip_listen 127.0.0.1:0",
        f"audio_source aufile,{speaks}",
        "audio_player aubridge,nowhere",
        f"snd_path {folder}",
    ]
    (folder / "config").write_text("\n".join(settings) + "\n")
    habits = "answermode=auto;audio_codecs=pcmu,pcma;regint=60"
    account = f"<sip:{name}@{exchange};transport={transport}>;auth_pass={secret};{habits}\n"
    (folder / "accounts").write_text(account)


@asynccontextmanager
async def desk_phone(
    folder: Path, exchange: str, name: str, secret: str, speaks: Path, transport: str = "udp"
) -> AsyncIterator[DeskPhone]:
    program = shutil.which("baresip")
    assert program, "baresip is missing: ./run test installs it"
    _furnish(folder, exchange, name, secret, speaks, transport)
    with (folder / "said").open("wb") as said:
        process = await asyncio.create_subprocess_exec(
            program, "-f", str(folder), stdin=asyncio.subprocess.DEVNULL, stdout=said, stderr=said
        )
    try:
        yield DeskPhone(process, folder)
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
