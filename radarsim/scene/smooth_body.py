"""Bodies with a finer, smoothly curved surface, as required by physical optics at 60 to 80 GHz."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np

from radarsim.array_checks import check_scalar
from radarsim.checks import check_type
from radarsim.scene.body import BodyModel, with_mesh
from radarsim.scene.skeleton import JOINT
from radarsim.scene.subdivision import halve_long_edges_curved

# Joints around which the body surface is large and gently curved.
TRUNK = ("pelvis", "spine1", "spine2", "spine3", "left_collar", "right_collar")
LIMB_EDGE_M, TRUNK_EDGE_M = 0.007, 0.010
# Minimum edge length; with shorter edges, a body's arrays exceed the memory of a small computer.
LEAST_EDGE_M = 0.002


def smooth_body(
    body: BodyModel, limb_edge_m: float = LIMB_EDGE_M, trunk_edge_m: float = TRUNK_EDGE_M
) -> BodyModel:
    """Refine the mesh of a body on a curved surface until the edges are short enough.

    The echo of `PhysicalOptics` converges with edges of 5 to 7 mm on limbs and 10 mm on the trunk.
    The refinement takes seconds, is done once per body, and is not part of a simulation. The cost
    of each frame grows with the number of faces.

    Args:
        body: any body model; the edge limits apply to the rest pose of the model.
        limb_edge_m: maximum edge length on arms, legs, hands, feet and head [m].
        trunk_edge_m: maximum edge length on the trunk [m].

    Returns:
        A body model with more vertices; the original vertices come first and are unchanged.

    Raises:
        InputError: an argument is invalid.
    """
    check_type("smooth_body", "body", body, BodyModel, "give free_body() or load_body(...)")
    for name, value in (("limb_edge_m", limb_edge_m), ("trunk_edge_m", trunk_edge_m)):
        hint = "give metres, such as 0.007"
        check_scalar("smooth_body", name, value, "m", at_least=LEAST_EDGE_M, hint=hint)
    edge_of_joint_m = np.full(body.num_joints, limb_edge_m)
    edge_of_joint_m[[JOINT[name] for name in TRUNK]] = trunk_edge_m
    mix, faces, template_m = halve_long_edges_curved(
        np.asarray(body.faces),
        np.asarray(body.template_m, np.float64),
        np.asarray(body.skin_weights, np.float64) @ edge_of_joint_m,
    )
    return replace(with_mesh(body, mix, faces), template_m=jnp.asarray(template_m, jnp.float32))
