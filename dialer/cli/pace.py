"""How many calls at once: `dialer pace`."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from dialer.cli.parts import Failed, Json, OfCity, answer
from dialer.config import load_settings

pace_commands = typer.Typer()
pace = typer.Typer(name="pace", no_args_is_help=True, help="The pace of calls: tried in virtual time.")
pace_commands.add_typer(pace)


@pace.command()
def simulate(
    seats: Annotated[int | None, typer.Option(min=1, max=500, help="Operators; 10 unless said.")] = None,
    hours: Annotated[float | None, typer.Option(min=0.01, max=24, help="Length of the day; 8 unless said.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same people.")] = 1,
    target: Annotated[
        float, typer.Option(help="Persons left alone, of all who answer: 0.01 is one in a hundred.")
    ] = 0.01,
    policy: Annotated[
        str, typer.Option(help="lookahead (ours), progressive, ratio, vicidial, omnidialer, expected.")
    ] = "lookahead",
    scenario: Annotated[Path | None, typer.Option(metavar="FILE.json", help="Another day than the usual one.")] = None,
    setting: Annotated[
        float | None, typer.Option(help="The one knob of ratio, vicidial, omnidialer and expected.")
    ] = None,
    as_json: Json = False,
) -> None:
    """A day of calls in virtual time, by our pacing or by another dialer's.

    Ours starts with what an ordinary day before has taught it.
    """
    from dialer.trials.scenario import Scenario, ScenarioError, read_scenario
    from dialer.trials.trial import TrialError, simulated

    try:
        told = read_scenario(scenario) if scenario else Scenario()
        figures = simulated(told.with_size(seats, hours), policy, target=target, seed=seed, setting=setting)
    except (ScenarioError, TrialError) as wrong:
        raise Failed(str(wrong)) from None
    answer(figures, as_json)


@pace.command()
def replay(
    day: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], metavar="DAY", help="2026-12-01")],
    target: Annotated[float | None, typer.Option(help="Another target than that day had.")] = None,
    city: OfCity = None,
    as_json: Json = False,
) -> None:
    """A day's decisions again, from what the engine was told then: the same, or what another target had changed."""
    from dialer.pace_command import replayed

    settings = load_settings()
    answer(replayed(settings, city or settings.city, day.date(), target), as_json)
