"""Multipath passes compared with a brute-force sum over explicit reflection points."""

from functools import reduce

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from radarsim.multipath.legs import make_leg
from radarsim.multipath.pass_echo import passes_echo
from radarsim.multipath.pass_selection import Passes, padded_passes, select_passes
from radarsim.numerics.polynomials import chebyshev_nodes, lagrange_weights
from radarsim.radar.receiver_profile import AntennaPattern, ReceiverProfile
from radarsim.radar.timing import burst_centre_and_half_s
from radarsim.scattering.reflection import PhysicalOptics, QuasiSpecular
from radarsim.scattering.visibility import interpolate_blocks
from radarsim.scattering.weighted_reflection import weighted_reflection
from radarsim.scattering.wrapping_reflection import innermost
from radarsim.scene.materials import MATERIALS
from radarsim.scene.placement import RadarPose
from radarsim.scene.room import Room
from radarsim.signal.face_selection import sizes_of_selection
from tests.helpers.moving_sphere import CLEAN, moving_sphere, relative_db, small_radar
from tests.helpers.room_paths import SPEED_OF_LIGHT_MPS, bounces, leg, mirror, unit

pytestmark = pytest.mark.usefixtures("fast_compilation")

VERTICAL = np.array([0.0, 0.0, 1.0])
# The first of the perpendicular left and far wall is the one that the ray meets first. The leg gets
# both walls in the reverse order, because the simulation determines the order for every face.
PERPENDICULAR = ("left_wall", "far_wall")
WAYS = [("left_wall",), (), ("floor",), PERPENDICULAR, ("right_wall", "left_wall")]
# Indices into WAYS: one reflection on the outbound leg, one on the return leg, and two reflections
# on the same plane, on different planes, or in one direction.
SINGLE = [(0, 1), (1, 0), (0, 0), (2, 0)]
DOUBLE = [(0, 1), (1, 0), (3, 1), (1, 4), (2, 0)]
AZIMUTH_EXPONENT = 3.0
ANTENNAS = weighted_reflection(
    QuasiSpecular(),
    ReceiverProfile(
        tx_pattern=AntennaPattern(azimuth_exponent=AZIMUTH_EXPONENT, elevation_exponent=2.0),
        rx_pattern=AntennaPattern(azimuth_exponent=AZIMUTH_EXPONENT, elevation_exponent=2.0),
    ),
)
NOTHING = jnp.zeros((0, 3, 3), jnp.float32)
METAL = MATERIALS["metal"]
ROOM = Room(left_m=1.5, right_wall=METAL, far_wall=METAL)
PLANES = {plane.name: plane for plane in ROOM.planes(RadarPose(height_m=1.0, tilt_rad=0.1))}


def passes_of(radar, pairs):
    """Return the passes of some pairs and one padding pass, which must contribute nothing."""
    num_slots = max(len(WAYS[each]) for pair in pairs for each in pair)
    model = radar.chirp.centre_freq_hz, VERTICAL, num_slots
    slots = [way[::-1] if way == PERPENDICULAR else way for way in WAYS]
    legs = [make_leg([PLANES[name] for name in way[:num_slots]], *model) for way in slots]
    out, back = np.array(pairs).T
    legs = jax.tree.map(lambda *parts: np.stack(parts), *legs)
    return padded_passes(
        Passes(legs, out, back, np.array([0, 0, 1, 2, 3][: len(pairs)])), len(pairs) + 1
    )


def antenna_amplitude(antenna, points, planes):
    """Return the amplitude pattern of ANTENNAS towards the first point of each path."""
    first = [*bounces(antenna, points, planes), points][0]
    ahead, left, up = np.moveaxis(first - antenna, -1, 0)
    level = np.hypot(ahead, left)
    power = (ahead / level) ** AZIMUTH_EXPONENT * (level / np.hypot(level, up)) ** 2
    return np.sqrt(power + 1e-3)  # the back lobes have a level of -30 dB


def brute_force(radar, model, mesh, faces, visible, pair):
    """Sum one multipath pass of one frame at every sample of the first and last chirp."""
    centre_s, half_s = burst_centre_and_half_s(radar)
    chirp = radar.chirp
    summed = np.flatnonzero(visible.any(0))
    weight = np.asarray(interpolate_blocks(jnp.asarray(visible), radar.frame.num_chirps))[:, summed]
    around = faces[np.isin(faces, faces[summed]).any(1)]
    vertices = (
        np.asarray(mesh.vertices_m, np.float64)
        + np.asarray(mesh.origin_high_m, np.float64)[:, None]
        + np.asarray(mesh.origin_low_m, np.float64)[:, None]
    )
    sides = [[PLANES[name] for name in WAYS[each]] for each in pair]
    ways = [[(plane.normal, plane.offset_m) for plane in planes] for planes in sides]
    permittivities = [
        [plane.material.permittivity(chirp.centre_freq_hz) for plane in planes] for planes in sides
    ]
    rows = []
    # The functions are compiled once for all antennas and chirps.
    scatterers = jax.jit(lambda points: model.scatterers(points, around, faces[summed]))
    of_body = innermost(model)
    weights = jax.jit(lambda surface, tx, rx: of_body.log_weight(radar, surface, tx, rx))
    for loop in (0, radar.frame.num_chirps - 1):
        for tx in range(radar.array.num_tx):
            times = radar.chirp_times_s[loop, tx] + chirp.sample_times_s
            nodes = lagrange_weights(chebyshev_nodes(len(vertices)), (times - centre_s) / half_s)
            at = np.einsum("tn,nvk->tvk", nodes, vertices)
            with jax.enable_x64(True):
                surface = scatterers(jnp.asarray(at))
            points = np.asarray(surface.centre_m)
            for rx in range(radar.array.num_rx):
                ends = radar.array.tx_m[tx], radar.array.rx_m[rx]
                found = [
                    leg(end, points, way, values, VERTICAL)
                    for end, way, values in zip(ends, ways, permittivities)
                ]
                images = [reduce(mirror, way, end) for end, way in zip(ends, ways)]
                with jax.enable_x64(True):
                    log, cycles = weights(surface, *map(jnp.asarray, images))
                    log, cycles = np.asarray(log), 0.0 if cycles is None else np.asarray(cycles)
                tau = (found[0][0] + found[1][0]) / SPEED_OF_LIGHT_MPS
                carrier = (
                    chirp.start_freq_hz + chirp.slope_hz_per_s * chirp.sample_times_s[:, None]
                ) * tau
                phase = carrier - chirp.slope_hz_per_s * tau**2 / 2 + cycles
                if of_body is not model:
                    towards = sum(unit(image - points) for image in images)
                    log = log + np.log(np.linalg.norm(towards, axis=-1) / 2)
                    log = log + sum(
                        np.log(antenna_amplitude(end, points, way)) for end, way in zip(ends, ways)
                    )
                gain = np.conj(found[0][1] * found[1][1]) * np.exp(log) * weight[loop]
                rows.append(np.sum(gain * np.exp(2j * np.pi * phase), axis=-1))
    shape = (2, radar.array.num_tx, radar.array.num_rx, chirp.num_samples)
    return np.array(rows).reshape(shape)


@pytest.mark.parametrize(
    ("model", "pairs"),
    [(ANTENNAS, DOUBLE), (PhysicalOptics("metal"), SINGLE)],
    ids=["paper", "body"],
)
def test_passes_equal_the_brute_force_sum_over_reflection_points(model, pairs):
    """The sum of all passes has an error below -60 dB relative to the brute-force sum.

    In the case "paper", two passes have two reflections in one direction, on perpendicular and on
    opposite walls. The antennas have a pattern, which must be evaluated in the direction in which
    the wave leaves the antenna, not in the direction of the body, and the echo of a face is
    multiplied by half the length of the sum of the unit vectors towards the images.
    """
    radar = small_radar(num_chirps=4, num_samples=64)
    mesh, faces = moving_sphere(radar, speed_mps=(1.0, -0.5, 0.3))
    faces = np.asarray(faces, np.int32)
    passes = passes_of(radar, pairs)
    selection = select_passes(
        radar, CLEAN, model, passes.selected, mesh, jnp.asarray(faces), (), NOTHING
    )
    sizes = sizes_of_selection(radar, CLEAN, model, selection.required)
    found = passes_echo(radar, CLEAN, sizes, model, passes, mesh, faces, selection)[0]
    frame = jax.tree.map(lambda part: part[0], mesh)
    truth = sum(
        brute_force(radar, model, frame, faces, np.asarray(selection.visible[0, shared]), pair)
        for shared, pair in zip(passes.selection, pairs)
    )
    assert relative_db(found[np.array([0, -1])], truth) < -60
