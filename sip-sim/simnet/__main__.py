"""`python -m simnet`: runs the network until it is told to stop, or until its callers have called."""

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from simnet import arrivals
from simnet.arrivals import CallersFileWrong
from simnet.media import NoPort
from simnet.network import Network, Plan
from simnet.phones import PhonesFileWrong, read_phones
from simnet.sipp import SippFailed
from simnet.subscribers import SubscriberFileWrong, read

FAILED, WRONG_USE = 1, 2


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="simnet", description="A telephone network for tests: carrier, subscribers, phones."
    )
    parser.add_argument("--folder", type=Path, required=True, help="where the log and SIPp's files go")
    parser.add_argument("--subscribers", type=Path, required=True, help="CSV of numbers and how they behave")
    parser.add_argument("--carrier-port", type=int, required=True, help="UDP port of the carrier on 127.0.0.1")
    parser.add_argument("--exchange", required=True, metavar="HOST:PORT", help="SIP address of the exchange")
    parser.add_argument("--phones", type=Path, help='JSON of operator phones: {"op01": "secret"}')
    parser.add_argument("--phone-port", type=int, help="UDP port of the phones on 127.0.0.1")
    parser.add_argument("--phones-hum", action="store_true", help="a low tone whenever nobody speaks at a phone")
    parser.add_argument("--callers", type=Path, help="who calls the exchange, one JSON object a line; ends after them")
    parser.add_argument("--speech", type=Path, help="where spoken texts are kept (default: FOLDER/speech)")
    parser.add_argument("--seed", type=int, default=0, help="for what is drawn by chance")
    parser.add_argument(
        "--silent-after",
        type=float,
        default=3.0,
        metavar="SECONDS",
        help="an exchange not heard for so long is asked whether it lives",
    )
    given = parser.parse_args()
    if given.phones and not given.phone_port:
        parser.error("--phones needs --phone-port")
    return given


async def run(given: argparse.Namespace) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    plan = Plan(
        folder=given.folder.resolve(),
        carrier_port=given.carrier_port,
        exchange=given.exchange,
        subscribers=read(given.subscribers, given.seed),
        phones=read_phones(given.phones) if given.phones else {},
        phone_port=given.phone_port,
        phones_hum=given.phones_hum,
        speech_folder=given.speech.resolve() if given.speech else None,
        seed=given.seed,
        silent_after_seconds=given.silent_after,
    )
    crowd = arrivals.read(given.callers) if given.callers else None
    async with Network(plan) as network:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        stopped, died = asyncio.create_task(stop.wait()), asyncio.create_task(network.until_dead())
        called = [asyncio.create_task(network.callers(crowd))] if crowd is not None else []
        await asyncio.wait((stopped, died, *called), return_when=asyncio.FIRST_COMPLETED)
        for one in called:
            if one.done():
                one.result()  # it may have failed
        for task in (stopped, *called):
            task.cancel()
        if died.done():
            raise SippFailed(f"sipp ({died.result()}) has died; see {given.folder}/{died.result()}-errors.log")
        died.cancel()
    return 0


def main() -> int:
    given = arguments()
    try:
        return asyncio.run(run(given))
    except (SubscriberFileWrong, PhonesFileWrong, CallersFileWrong) as wrong:
        sys.stderr.write(f"{wrong}\n")
        return WRONG_USE
    except (SippFailed, NoPort) as failed:
        sys.stderr.write(f"{failed}\n")
        return FAILED


if __name__ == "__main__":
    sys.exit(main())
