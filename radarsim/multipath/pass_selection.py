"""Select the faces of every multipath pass and determine the array sizes for the echo sums.

A multipath pass consists of one leg to the body and one leg back; the direct echo is not a pass.
The images of the radar for the two legs replace the radar in all stages of the simulation, and a
face contributes only if it is visible from both images.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from radarsim.multipath.bounced_reflection import BouncedReflection, for_images
from radarsim.multipath.leg_visibility import faces_image, visible_from
from radarsim.multipath.legs import Leg
from radarsim.numerics.batched_map import batched_map
from radarsim.numerics.vectors import norm, transformed
from radarsim.radar.radar import Radar
from radarsim.scattering.reflection import ReflectionModel
from radarsim.scattering.weighted_reflection import with_axes
from radarsim.scene.mesh import (
    BurstMesh,
    FaceIndices,
    Faces,
    Surface,
    faces_of,
    relative_to_radar,
)
from radarsim.signal.face_selection import (
    FaceSelection,
    block_vertices_m,
    required_sizes,
    spans_of,
)
from radarsim.signal.face_strength import energy_shares, outer_antenna_margin
from radarsim.signal.phase_rates import mean_rates
from radarsim.signal.range_groups import group_by_range, range_bins
from radarsim.signal.settings import SimulationSettings


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Passes:
    """Multipath passes, each a pair of legs.

    Attributes:
        legs: all legs, stacked along a leading axis.
        out, back: indices of each pass's leg from the transmitter and leg to the receiver.
        selection: index of each pass's face selection, which a pass and its reverse share because
            they have the same faces; None if every pass has a separate selection.
        real: mask of the passes that are not padding; None if there is no padding.
    """

    legs: Leg
    out: Int[np.ndarray | Array, " pass"]
    back: Int[np.ndarray | Array, " pass"]
    selection: Int[np.ndarray | Array, " pass"] | None = None
    real: Bool[np.ndarray | Array, " pass"] | None = None

    @property
    def selected(self) -> "Passes":
        """One pass for each face selection; not for use inside compiled programs."""
        if self.selection is None:
            return self
        first = np.unique(np.asarray(self.selection), return_index=True)[1]
        out, back, real = (np.asarray(part)[first] for part in (self.out, self.back, self.is_real))
        return Passes(self.legs, out, back, real=real)

    @property
    def is_real(self) -> Bool[np.ndarray | Array, " pass"]:
        """Mask of the passes that are not padding."""
        return np.ones(len(self.out), bool) if self.real is None else self.real

    def bounced(self, reflection: ReflectionModel, index) -> BouncedReflection:
        """Return the reflection model of one pass."""
        out, back = self.leg(self.out[index]), self.leg(self.back[index])
        model = for_images(with_axes(reflection, out.matrix.T, back.matrix.T))
        return BouncedReflection(model, out, back)

    def leg(self, index) -> Leg:
        """Return the leg with the given index."""
        return jax.tree.map(lambda part: jnp.asarray(part)[index], self.legs)


def padded_passes(passes: Passes, count: int) -> Passes:
    """Add padding passes, which contribute nothing, so that rooms share compiled programs.

    The number of face selections is padded to half the number of passes if this is sufficient,
    because most passes share their selection with the reverse pass.

    Args:
        passes: passes with shared selections.
        count: number of passes, and of legs, after the padding.
    """
    selections = int(np.max(passes.selection)) + 1
    most = (count + 1) // 2 if selections <= (count + 1) // 2 else count
    added = count - len(passes.out)
    # Padding passes are assigned to the added face selections, and then to the last selection.
    more = np.minimum(selections + np.arange(added), most - 1)
    legs = np.minimum(np.arange(count), len(passes.legs.used) - 1)
    return Passes(
        legs=jax.tree.map(lambda part: part[legs], passes.legs),
        out=np.append(passes.out, np.zeros(added, int)),
        back=np.append(passes.back, np.zeros(added, int)),
        selection=np.append(passes.selection, more),
        real=np.arange(count) < len(passes.out),
    )


@partial(jax.jit, static_argnums=(0, 1))
def select_passes(
    radar: Radar,
    settings: SimulationSettings,
    reflection: ReflectionModel,
    passes: Passes,
    mesh: BurstMesh,
    faces: FaceIndices,
    others: Sequence[Surface],
    fixed_m: Float[Array | np.ndarray, "occluder 3 3"],
) -> FaceSelection:
    """Select the strong, visible faces for every frame and multipath pass.

    Args:
        radar: board whose waveform, timing and antennas are used.
        settings: settings that determine the visibility blocks and the culling.
        reflection: reflection model of the body.
        passes: one pass for each face selection, from `Passes.selected`.
        mesh: vertices at the nodes of every frame.
        faces: triangles of the mesh.
        others: surfaces of the other bodies in the scene, in the same frames as `mesh`.
        fixed_m: corners of the furniture's triangles [m].

    Returns:
        The face selection, with a pass axis after the frame axis.
    """

    other_meshes, other_faces = tuple(zip(*others)) or ((), ())

    def one_frame(inputs):
        frame, meshes = inputs
        around = tuple(map(Surface, meshes, other_faces))

        def at_node(inputs):
            vertices_m, origin_m = inputs
            return relative_to_radar(reflection.scatterers(vertices_m, faces), origin_m)

        scatterers = batched_map(at_node, (frame.vertices_m, frame.origin_high_m))
        # The strength of a face changes little within a burst, and the threshold includes a margin.
        at_middle = jax.tree.map(lambda part: part[len(part) // 2], scatterers)
        strength = batched_map(
            partial(_strength, radar, settings, reflection, passes, at_middle),
            np.arange(len(passes.out)),
        )
        blocks_m = _occluders_m(settings, (Surface(frame, faces), *around), fixed_m)
        seen = _seen_from_legs(settings, passes, frame, faces, blocks_m, jnp.isfinite(strength))
        return batched_map(
            partial(_selection, radar, passes, scatterers.centre_m),
            (np.arange(len(passes.out)), strength, seen),
        )

    return batched_map(one_frame, (mesh, other_meshes))


def _strength(radar, settings, reflection, passes, scatterers: Faces, index):
    """Return the log-amplitude of each face in one pass; -inf for faces that need no summation."""
    bounced = passes.bounced(reflection, index)
    tx_m, rx_m = (
        leg.images_m(jnp.asarray(positions_m.mean(0)[None], jnp.float32))[0]
        for leg, positions_m in (
            (bounced.out, radar.array.tx_m),
            (bounced.back, radar.array.rx_m),
        )
    )
    strength, _ = bounced.log_weight(radar, scatterers, tx_m, rx_m)
    strength = jnp.where(jnp.asarray(passes.is_real)[index], strength, -jnp.inf)
    for leg in (bounced.out, bounced.back):
        facing = faces_image(leg, scatterers.centre_m, scatterers.normal)
        strength = jnp.where(facing, strength, -jnp.inf)
    if not settings.cull_ratio:
        return strength
    margin = outer_antenna_margin(radar, settings, reflection, scatterers)
    lowest = np.log(settings.cull_ratio) - margin
    return jnp.where(strength >= jnp.max(strength) + lowest, strength, -jnp.inf)


def _occluders_m(settings, surfaces: Sequence[Surface], fixed_m) -> Float[Array, "block any 3 3"]:
    """Return the corners of all triangles that may hide a face, at each block centre [m]."""
    parts = [block_vertices_m(settings, mesh)[:, faces] for mesh, faces in surfaces]
    fixed_m = jnp.broadcast_to(fixed_m, (len(parts[0]), *jnp.shape(fixed_m)))
    return jnp.concatenate([*parts, fixed_m], axis=1)


def _seen_from_legs(
    settings, passes: Passes, frame: BurstMesh, faces, occluders_m, strong: Bool[Array, "pass face"]
) -> Bool[Array, "pass block face"]:
    """Return whether each face is visible along both legs of each pass, at each block centre."""

    def block(inputs):
        vertices_m, corners_m = inputs
        surface = faces_of(vertices_m, faces)

        def from_leg(seen, index):
            uses = (jnp.asarray(passes.out) == index) | (jnp.asarray(passes.back) == index)
            # A face that is hidden along one leg of a pass need not be tested along the other leg.
            tested = jnp.any(seen & uses[:, None], axis=0)
            leg = passes.leg(index)
            free = visible_from(leg, surface.centre_m, surface.normal, corners_m, tested)
            return seen & (free | ~uses[:, None]), None

        return jax.lax.scan(from_leg, strong, np.arange(len(passes.legs.used)))[0]

    if settings.visibility == "none":
        count = settings.visibility_blocks
        return jnp.broadcast_to(strong[:, None], (len(strong), count, len(faces)))
    seen = batched_map(block, (block_vertices_m(settings, frame), occluders_m))
    return jnp.swapaxes(seen, 0, 1)


def _selection(radar: Radar, passes: Passes, centre_m, inputs) -> FaceSelection:
    """Return the face order, energy shares and array sizes of one pass in one frame."""
    index, strength, visible = inputs
    out, back = passes.leg(passes.out[index]), passes.leg(passes.back[index])
    out_m, back_m = equivalent_points(out, back, centre_m)
    some = jnp.any(visible, axis=0)
    order = group_by_range(radar, range_bins(radar, out_m[len(out_m) // 2]), some)
    share = energy_shares(strength, some)
    spans = spans_of(radar, out_m, order, share)
    required = required_sizes(radar, out_m, order, share, spans)
    rates = jax.tree.map(jnp.maximum, required.rates, mean_rates(radar, back_m, share))
    return FaceSelection(visible, order, share, spans, replace(required, rates=rates))


def equivalent_points(
    out: Leg, back: Leg, centre_m: Float[Array, "node face 3"]
) -> tuple[Float[Array, "node face 3"], Float[Array, "node face 3"]]:
    """Return points at half of each path's length, in its directions of departure and arrival.

    The equivalent points have the range of the paths and the same path differences between
    antennas, so the functions that determine the array sizes of the direct echo also apply to
    passes.
    """
    rays_m = [centre_m - leg.origin_m for leg in (out, back)]
    lengths_m = [norm(ray_m) for ray_m in rays_m]
    half_m = sum(lengths_m) / 2

    def along(leg, ray_m, length_m):
        # Undoing the rotation and mirroring of the leg gives the ray's direction at the radar.
        direction = transformed(ray_m, jnp.asarray(leg.matrix))
        return direction * (half_m / length_m)[..., None]

    return tuple(map(along, (out, back), rays_m, lengths_m))
