"""`dialer prompts record`: the city's message, spoken into a telephone of ours (I-004).

The telephone of a seat is called, `agi/scripts/record.py` guides whoever takes it, and what was spoken is entered as a
file that `prompts add --recording` is given. Until then it lies in a folder of its own, which only we may read.
"""

import asyncio
import shutil
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from dialer.ami import AmiLink
from dialer.calendar_commands import CannotAnswer
from dialer.config import Settings
from dialer.core.city import City
from dialer.core.dictation import LONGEST_CALL_SECONDS, SHORTEST_SECONDS, Ending, Missed, came_of
from dialer.core.events import Answered, ChannelEvent, ChannelId, LinkLost, LinkUp
from dialer.core.versions import VersionState
from dialer.embedded.asterisk import AsteriskInstance
from dialer.folders import only_one, private_folder
from dialer.ports import Accepted, Clock, Outgoing, SwitchNotReady
from dialer.prompt_approvals import (
    NOTHING_ENTERED,
    Entered,
    Ruling,
    Wording,
    add_message,
    approve,
    check_wording,
    decision_from,
)
from dialer.prompt_commands import opened_messages

RING_SECONDS = 30.0
CONNECT_SECONDS = 5.0
MARGIN_SECONDS = 10.0  # Asterisk ends what lasts too long itself, and says so
SERVER_HOST = "127.0.0.1"  # agi.server.HOST
AWAY = "{}が応答しません。./run up で起動してから、やり直してください"

WHY_NOT = {
    Ending.EMPTY: f"声が録音されませんでした（無音か{SHORTEST_SECONDS:g}秒未満です）。もう一度やり直してください",
    Ending.DROPPED: "録音は取りやめになりました",
    Missed.NOT_REGISTERED: "{phone} は交換機に登録されていません。電話機の電源とネットワークを確かめてください",
    Missed.BUSY: "{phone} は使用中です。席で使われていない電話機を指定してください",
    Missed.NO_ANSWER: f"{{phone}} は{RING_SECONDS:.0f}秒以内に応答しませんでした",
    Missed.REFUSED: "{phone} は電話を受けませんでした。電話機の設定を確かめてください",
    Missed.HUNG_UP: "登録の操作の前に電話が切れました",
}

Tell = Callable[[str], None]


async def record_message(
    settings: Settings, city: City, wording: Wording, ruling: Ruling | None, phone: str, clock: Clock, tell: Tell
) -> Entered:
    """With a ruling (its version is the new one) it is approved at once. What can be wrong is told before it rings."""
    if phone not in settings.phones:
        raise _refused(f"電話機「{phone}」はありません。あるのは {settings.phones[0]}～{settings.phones[-1]} です")
    channel = ChannelId(str(uuid.uuid4()))
    with _tape(settings.dictations, channel) as tape:
        spoken = replace(wording, recording=tape)
        check_wording(city, spoken)
        if ruling is not None:
            decision_from(ruling, VersionState.APPROVED, clock.now())
        await _answers(SERVER_HOST, settings.callers.port, "録音を案内するサーバー（dialer agi）")
        await _answers(settings.own_node.host, settings.own_node.ami_port, "交換機（Asterisk）")
        async with opened_messages(settings, city, clock.now()):  # nobody speaks in vain while the database is away
            pass
        async with _linked(settings, clock) as (link, heard):
            came = await _dictated(link, heard, phone, channel, tell)
        if came is not Ending.ACCEPTED:
            raise _refused(WHY_NOT[came].format(phone=phone))
        entered = await add_message(settings, city, spoken, clock.now())
        if ruling is None:
            return entered
        return await approve(settings, city, replace(ruling, version=entered.message.version), clock.now())


# --- the tape


@contextmanager
def _tape(folder: Path, channel: ChannelId) -> Iterator[Path]:
    """Private from its first sample, and gone afterwards."""
    with only_one(folder) as is_alone:
        if not is_alone:
            raise _refused("ほかの録音が行われています。終わってから、やり直してください")
        own = private_folder(folder / channel)
        try:
            file = own / "phone.wav"
            file.touch(mode=0o600)
            yield file
        finally:
            shutil.rmtree(own, ignore_errors=True)


# --- the call


async def _dictated(
    link: AmiLink, heard: "asyncio.Queue[object]", phone: str, channel: ChannelId, tell: Tell
) -> Ending | Missed:
    """What came of calling that telephone. It waits for nothing without end."""
    if any(up.name.rpartition("-")[0] == f"PJSIP/{phone}" for up in await link.channels_up()):
        return Missed.BUSY
    came: Ending | Missed | None = None
    events: list[ChannelEvent] = []
    try:
        order = Outgoing(channel, f"PJSIP/{phone}", "dictation", "speak", None, RING_SECONDS)
        if not isinstance(result := await link.start(order), Accepted):
            raise _refused(f"{phone} を呼び出せません（{result.why}）")
        tell(f"{phone} を呼び出しています。電話を取り、案内に従って録音してください。")
        async with asyncio.timeout(RING_SECONDS + MARGIN_SECONDS) as limit:
            while (came := came_of(events)) is None:
                match await heard.get():
                    case LinkLost():
                        raise SwitchNotReady
                    case ChannelEvent(of) as event if of == channel:
                        events.append(event)
                        if isinstance(event, Answered):
                            limit.reschedule(asyncio.get_running_loop().time() + LONGEST_CALL_SECONDS + MARGIN_SECONDS)
        return came
    except TimeoutError:
        return Missed.HUNG_UP if any(isinstance(one, Answered) for one in events) else Missed.NO_ANSWER
    finally:
        if came is None:  # else it ends by itself, after a last word
            with suppress(SwitchNotReady):
                await link.end_by_id(channel)


@asynccontextmanager
async def _linked(settings: Settings, clock: Clock) -> AsyncIterator[tuple[AmiLink, "asyncio.Queue[object]"]]:
    node, heard = settings.own_node, asyncio.Queue[object]()
    try:
        secret = AsteriskInstance(settings, node).ami_secret
    except OSError:
        raise _refused(AWAY.format("交換機（Asterisk）")) from None
    link = AmiLink(node.host, node.ami_port, node.ami_user, secret, heard, clock)
    running = asyncio.create_task(link.run())
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            while not isinstance(await heard.get(), LinkUp):
                pass
        yield link, heard
    except (SwitchNotReady, TimeoutError):
        raise _refused(AWAY.format("交換機（Asterisk）")) from None
    finally:
        await link.close()
        await running


async def _answers(host: str, port: int, what: str) -> None:
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        raise _refused(AWAY.format(what)) from None
    writer.close()


def _refused(what: str) -> CannotAnswer:
    return CannotAnswer(f"{what}。{NOTHING_ENTERED}")
