"""Ceilings for launches and bytes, which reveal changes that increase these numbers.

The ceilings are 1.25 times the plan, so a change that doubles a value fails. If a value could
double below its ceiling, the check fails as well, and the ceiling must be lowered.
"""

import json
from collections.abc import Iterable
from pathlib import Path

CEILINGS = Path(__file__).with_name("ceilings.json")
# Ratio of a ceiling to the planned value from which the ceiling was derived.
MARGIN = 1.25
CARD = "h100"
FRAMES = 32
WINDOWS = 16


def check(programs: Iterable[str]) -> int:
    """Plan programs, print their values and the ceilings that they exceed; return the exit status.

    Args:
        programs: "heatmaps" and "training"; other names are ignored.
    """
    found = planned(programs)
    ceilings = json.loads(CEILINGS.read_text())
    problems = list(exceeded(found, ceilings))
    for program, values in found.items():
        shown = ", ".join(f"{name} {value:,.6g}" for name, value in values.items())
        print(f"plan for {CARD}, {program}: {shown}")
    print("\n".join(problems) or "all values are below their ceilings")
    return 1 if problems else 0


def planned(programs: Iterable[str]) -> dict[str, dict[str, float]]:
    """Launches, host waits and megabytes per item, by the name of the program."""
    from benchmarks.gpu_plan.cards import CARDS
    from benchmarks.gpu_plan.charges import totals
    from benchmarks.gpu_plan.plan import make_plan
    from benchmarks.gpu_plan.programs import Simulation, training_step

    known = {
        "heatmaps": lambda: Simulation().program(FRAMES, heatmaps=True),
        "training": lambda: training_step(WINDOWS),
    }
    found = {}
    for program in (make() for name, make in known.items() if name in programs):
        total = totals(list(make_plan(program, CARDS[CARD]).kernels))
        found[program.name] = {
            "launches": round(total["launches"]),
            "host_waits": round(total["host_waits"]),
            f"mb_per_{program.item}": round(total["bytes"] / program.items / 1e6, 2),
        }
    return found


def exceeded(found: dict, ceilings: dict):
    """Yield a line for each value above its ceiling, and for each value below half of its ceiling.

    Args:
        found: values by program and name.
        ceilings: ceilings by program and name; a value without a ceiling fails.
    """
    for program, values in found.items():
        for name, value in values.items():
            ceiling = ceilings.get(program, {}).get(name)
            new = f"{MARGIN * value:.3g}"
            if ceiling is None or value > ceiling:
                yield (
                    f"{program}: {name} is {value:,.6g}, its ceiling {ceiling}. If the change is "
                    f"worth it, set the ceiling in {CEILINGS.name} to {new} and say why"
                )
            elif 0 < 2 * value <= ceiling:
                yield (
                    f"{program}: {name} is {value:,.6g}, so it could double below its ceiling "
                    f"{ceiling}. Set the ceiling in {CEILINGS.name} to {new}"
                )
