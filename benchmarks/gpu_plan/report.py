"""Plans as JSON values and as text."""

from benchmarks.gpu_plan.cards import (
    ATTAINABLE_ARITHMETIC,
    ATTAINABLE_BANDWIDTH,
    HOST_WAIT_S,
    LAUNCH_S,
)
from benchmarks.gpu_plan.charges import totals
from benchmarks.gpu_plan.plan import Plan, floors_s

ASSUMPTIONS = (
    f"Assumed, not measured: {1e6 * LAUNCH_S:g} us per launch (no CUDA graphs), "
    f"{1e6 * HOST_WAIT_S:g} us per host wait, {ATTAINABLE_BANDWIDTH:.0%} of the bandwidth and "
    f"{ATTAINABLE_ARITHMETIC:.0%} of the arithmetic of the data sheet; every kernel reads its "
    "operands from device memory. Loop iterations are counted on the CPU with one clip."
)


def plan_values(plan: Plan) -> dict:
    """All results of a plan as JSON values; "per item" means per frame or per training window."""
    items, floors = plan.program.items, plan.floors_s()
    total = totals(list(plan.kernels))
    return {
        "program": plan.program.name,
        "card": plan.card.name,
        "batch": items,
        "item": plan.program.item,
        "launches": round(total["launches"]),
        "host_waits": round(total["host_waits"]),
        "mb_per_item": round(total["bytes"] / items / 1e6, 3),
        "mflop_per_item": _per_item(total["operations"], items),
        "temporary_mb": round(plan.temporary_bytes / 1e6, 1),
        "memory_mb": round(plan.memory_bytes / 1e6, 1),
        "floor_us_per_item": {
            name: round(1e6 * seconds / items, 3) for name, seconds in floors.items()
        },
        "most_items_per_s": round(items / floors["all"]),
        "stages": {stage: _stage_values(plan, charges) for stage, charges in plan.stages().items()},
        "unknown_loops": [
            {"place": loop.place, "entries": loop.entries, "turns_per_entry": loop.turns}
            for loop in plan.loops
        ],
        "kernels": [resource.as_dict() for resource in plan.resources],
    }


def _stage_values(plan: Plan, charges: list) -> dict:
    items, total = plan.program.items, totals(charges)
    return {
        "launches": round(total["launches"]),
        "host_waits": round(total["host_waits"]),
        "mb_per_item": round(total["bytes"] / items / 1e6, 3),
        "mflop_per_item": _per_item(total["operations"], items),
        "floor_us_per_item": round(1e6 * floors_s(charges, plan.card)["all"] / items, 3),
    }


def _per_item(operations: dict[str, float], items: int) -> dict[str, float]:
    return {unit: round(count / items / 1e6, 2) for unit, count in operations.items() if count}


def plan_text(values: dict) -> str:
    """A plan as a table of stages, followed by its loops of unknown length and its kernels."""
    item, floors = values["item"], values["floor_us_per_item"]
    lines = [
        f"PLAN (nothing was measured on a GPU): {values['program']}, {values['card']}, "
        f"{values['batch']:,} {item}s per batch",
        f"{values['launches']:,} launches, {values['host_waits']:,} host waits, temporaries "
        f"{values['temporary_mb']:,.0f} MB, with arguments and results "
        f"{values['memory_mb']:,.0f} MB",
        f"at most {values['most_items_per_s']:,} {item}s/s; us per {item} by launches "
        f"{floors['launches']:.1f}, host waits {floors['host_waits']:.1f}, memory "
        f"{floors['memory']:.1f}, arithmetic {floors['arithmetic']:.1f}, kernel by kernel "
        f"{floors['all']:.1f}",
        "",
        f"{'stage':34} {'launches':>9} {'waits':>7} {f'MB/{item}':>10} {f'MFLOP/{item}':>13} "
        f"{f'us/{item}':>10}",
    ]
    rows = {**values["stages"], "all": {**values, "floor_us_per_item": floors["all"]}}
    lines += [_row(name, stage) for name, stage in rows.items()]
    lines += [_loop_line(loop) for loop in values["unknown_loops"]]
    return "\n".join([*lines, "", *map(_kernel_line, values["kernels"])])


def _row(name: str, values: dict) -> str:
    return (
        f"{name:34} {values['launches']:9,} {values['host_waits']:7,} "
        f"{values['mb_per_item']:10.2f} {sum(values['mflop_per_item'].values()):13.1f} "
        f"{values['floor_us_per_item']:10.2f}"
    )


def _loop_line(loop: dict) -> str:
    turns = loop["turns_per_entry"]
    counted = "not counted, one iteration assumed" if turns is None else f"{turns:.1f} iterations"
    return f"loop of unknown length at {loop['place']}: entered {loop['entries']:.0f}x, {counted}"


def _kernel_line(kernel: dict) -> str:
    return (
        f"{kernel['name']}: {kernel['instructions']:,} instructions, {kernel['registers']} "
        f"registers, {kernel['spill_bytes']} B spilled, {kernel['shared_bytes']:,} B shared, "
        f"{kernel['blocks']:,} blocks of {kernel['threads']} threads, occupancy "
        f"{kernel['occupancy']:.0%}"
    )
