"""What does each part of a receiver profile change in the heatmaps of one walk?

    python -m benchmarks.scene_effects_receiver --out effects

The walk, the random key and the measures are those of `benchmarks.scene_effects`. The first row is
the ideal receiver, and each further row has one part of a receiver profile. Parts whose datasheet
value changes little have a larger value, which the title states. The echo is summed once, once more
multiplied by its delay (for phase noise and jitter) and once more with IF filters, which act on
each echo before the sum; all other parts are applied to the same samples. The command writes a
table, and a page with the heatmaps of the first row and the differences of the other rows from it.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np

from benchmarks.machine_info import commit, processor
from benchmarks.scene_effects import (
    EFFECTS,
    change_cells,
    changes,
    heatmaps_of,
    parser_of_walk,
    scene_of,
)
from benchmarks.scenes import START_S
from radarsim.files import free_body, load_radar
from radarsim.heatmaps.settings import HeatmapSettings, heatmap_axes
from radarsim.radar.boards import BOARDS
from radarsim.radar.profile_part import ProfilePart
from radarsim.radar.radar import Radar
from radarsim.radar.receiver_profile import (
    ChannelMismatch,
    ChirpJitter,
    DcOffset,
    IfFilter,
    Leakage,
    NoiseShape,
    PacketLoss,
    PhaseNoise,
    ReceiverProfile,
    Saturation,
)
from radarsim.radar.receiver_profiles import datasheet_profile
from radarsim.scattering.reflection import QuasiSpecular
from radarsim.scattering.weighted_reflection import DelayWeightedReflection
from radarsim.scene.scene import Scene
from radarsim.signal.front_end import front_end_of
from radarsim.signal.received_echo import Echoes, receive_echoes
from radarsim.signal.settings import SimulationSettings
from radarsim.simulate import simulate


class Part(NamedTuple):
    """One row: its title, with fields for `titles`, and parts of the receiver profile by name."""

    title: str
    parts: dict[str, ProfilePart]


IDEAL = "ideal"
LEAKAGE = Leakage(range_m=[0.0, 0.15], channels=[[[[0.02, 0.0], [0.0, 0.01]]]])
PARTS = {
    IDEAL: Part("ideal receiver", {}),
    "if_filter": Part(
        "IF filters of the datasheet profile",
        {"if_filter": IfFilter(high_pass_1_hz=175e3, high_pass_2_hz=350e3)},
    ),
    "noise": Part(
        "noise from +6 dB at 0 m to -6 dB at {end_m:.1f} m",
        {"noise": NoiseShape(spectrum=[[0.0, 6.0], [1.0, -6.0]])},
    ),
    "leakage": Part("leakage of 20 mV at 0 m and 10 mV at 0.15 m", {"leakage": LEAKAGE}),
    "phase_noise": Part(
        "phase noise -65 dBc/Hz (datasheet: {phase_noise})",
        {"phase_noise": PhaseNoise(level_dbc_per_hz=-65.0)},
    ),
    "jitter": Part(
        "ramp jitter 10 ns (not in the datasheet)", {"jitter": ChirpJitter(start_s=10e-9)}
    ),
    "mismatch": Part(
        "mismatch 1 dB and 10 degrees (datasheet: 0.25 dB, 1.5 degrees)",
        {"mismatch": ChannelMismatch(gain_db=1.0, phase_rad=np.radians(10.0))},
    ),
    "dc": Part("DC offset 5 mV", {"dc": DcOffset(level_v=5e-3)}),
    "saturation": Part(
        "I and Q clipped at 1 mV (peak of the echo: {peak_mv:.0f} mV)",
        {"saturation": Saturation(level_v=1e-3)},
    ),
    "packets": Part("2 % of packets lost", {"packets": PacketLoss(loss_rate=0.02)}),
}


class Walk(NamedTuple):
    """The simulated walk, and the parts of a profile that act on its samples.

    Attributes:
        radar: ideal radar.
        scene: the walking person in free space.
        num_frames, first_frame: frames that are simulated.
    """

    radar: Radar
    scene: Scene
    num_frames: int
    first_frame: int

    def echo_v(self, profile: ReceiverProfile | None = None, by_delay: bool = False):
        """Return the samples without noise and quantisation [V], or [V ns] if by delay."""
        model = DelayWeightedReflection(QuasiSpecular()) if by_delay else QuasiSpecular()
        radar = replace(self.radar, profile=profile)
        cube_v = simulate(
            radar, self.scene, jax.random.key(0), model,
            SimulationSettings(thermal_noise=False, quantise=False),
            num_frames=self.num_frames, first_frame=self.first_frame,
        )  # fmt: skip
        return cube_v / np.asarray(radar.array.channel_gain, np.complex64)[:, :, None]

    def maps(self, profile: ReceiverProfile, echoes: Echoes) -> dict[str, np.ndarray]:
        """Return the heatmaps of echoes after a receiver."""
        front_end = front_end_of(replace(self.radar, profile=profile))
        cube_v = receive_echoes(
            self.radar, echoes, jax.random.key(0), SimulationSettings(),
            first_frame=self.first_frame, front_end=front_end,
        )  # fmt: skip
        found = heatmaps_of(self.radar, cube_v)
        return {name: np.asarray(getattr(each, name)) for name, each in found.items()}


def titles(radar: Radar, peak_v: float) -> dict[str, str]:
    """Return the title of each row, keyed by its name.

    Args:
        radar: the simulated radar.
        peak_v: largest I or Q of the echo [V].
    """
    known = radar.board in BOARDS
    level = datasheet_profile(radar).phase_noise.level_dbc_per_hz if known else None
    numbers = {
        "end_m": radar.max_range_m - radar.range_resolution_m,  # of the last range bin
        "phase_noise": f"{level:g}" if known else "unknown",
        "peak_mv": 1e3 * peak_v,
    }
    return {name: part.title.format(**numbers) for name, part in PARTS.items()}


def receiver_maps(walk: Walk, names: Sequence[str], echo_v) -> dict[str, dict[str, np.ndarray]]:
    """Return the heatmaps of each row, keyed by its name.

    Args:
        walk: the simulated walk.
        names: keys of `PARTS`.
        echo_v: samples of the walk without a profile [V].
    """
    delayed = partial(walk.echo_v, by_delay=True)
    delayed_v = delayed() if {"phase_noise", "jitter"} & set(names) else None
    found = {}
    for name in names:
        profile = ReceiverProfile(**PARTS[name].parts)
        echoes = Echoes(echo_v, delayed_v)
        if profile.if_filter is not None:
            noiseless = ReceiverProfile(if_filter=profile.if_filter)
            echoes = Echoes(walk.echo_v(noiseless))
        found[name] = walk.maps(profile, echoes)
    return found


def max_part(cube_v) -> float:
    """Return the largest magnitude of I or Q [V]."""
    return float(max(np.abs(cube_v.real).max(), np.abs(cube_v.imag).max()))


def table(found: Mapping[str, Mapping[str, float]], title_of: Mapping[str, str]) -> list[str]:
    """Return the lines of a Markdown table of the measures of each part."""
    lines = [
        "| part of the receiver | level, time-range | level, time-Doppler | "
        "correlation of range, Doppler, angle |",
        "|---|---|---|---|",
    ]
    return lines + [f"| {title_of[name]} | {change_cells(row)} |" for name, row in found.items()]


def main(arguments: Sequence[str] | None = None) -> int:
    """Simulate the rows, print the table, and write the page and the measures."""
    from benchmarks.scene_effects_page import PageRow, draw_page

    options = make_parser().parse_args(arguments)
    radar = load_radar(options.radar)
    print(f"{processor()}, commit {commit()}: {radar.name}, {options.frames} frames", flush=True)
    first_frame = round(START_S / radar.frame.period_s)
    walk = Walk(radar, scene_of(EFFECTS["plain"], free_body()), options.frames, first_frame)
    names = [name for name in PARTS if name == IDEAL or name in (options.only or PARTS)]
    echo_v = walk.echo_v()
    print(f"largest I or Q of the echo: {1e3 * max_part(echo_v):.3f} mV", flush=True)
    title_of = titles(radar, max_part(echo_v))
    maps = receiver_maps(walk, names, echo_v)
    found = {name: changes(each, maps[IDEAL]) for name, each in maps.items()}
    lines = "\n".join(table(found, title_of))
    print(lines)
    folder = Path(options.out)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "receiver_effects.json").write_text(json.dumps(found, indent=1) + "\n")
    (folder / "receiver_effects.md").write_text(lines + "\n")
    rows = [PageRow(title_of[IDEAL], maps.pop(IDEAL))]
    rows += [PageRow(title_of[name], each, rows[0].maps) for name, each in maps.items()]
    axes = heatmap_axes(radar, options.frames, HeatmapSettings())
    draw_page(rows, axes, folder / "receiver_effects.png")
    return 0


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    parser = parser_of_walk("scene_effects_receiver", __doc__)
    parts = [name for name in PARTS if name != IDEAL]
    parser.add_argument(
        "--only",
        nargs="+",
        choices=parts,
        metavar="NAME",
        help=f"parts to simulate besides the ideal receiver (default: {', '.join(parts)})",
    )
    parser.add_argument("--out", required=True, help="folder for the picture, .json and .md")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
