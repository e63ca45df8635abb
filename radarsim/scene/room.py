"""A room around the radar: floor, ceiling and walls with their materials, and furniture.

The room is a box aligned with the axes of the world frame: the floor is at z = 0, and the radar is
above the origin and faces the far wall. Each of the six surfaces has a material or is open (None).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from radarsim.checks import check_choice, check_type, store_number, store_whole
from radarsim.errors import InputError
from radarsim.scene.furniture import Box, Cylinder, Furniture, MeshItem, Plate, TriangleMesh
from radarsim.scene.materials import MATERIALS, Material
from radarsim.scene.placement import RadarPose, to_radar_frame

# Axis of each surface's normal, outward sign, and name of the field with the surface's distance.
SURFACES = {
    "floor": (2, -1, None),
    "ceiling": (2, 1, "height_m"),
    "far_wall": (0, 1, "far_m"),
    "near_wall": (0, -1, "near_m"),
    "left_wall": (1, 1, "left_m"),
    "right_wall": (1, -1, "right_m"),
}
POLARISATIONS = {"vertical": (0.0, 0.0, 1.0), "horizontal": (0.0, 1.0, 0.0)}
# Limit of `Room.leg_reflections`.
MOST_LEG_REFLECTIONS = 2
# Measured positions and scanned meshes may cross a surface by this distance [m].
CROSSING_M = 0.01
_LEAST_SIZE_M = 0.05
_CONCRETE, _PLASTER = MATERIALS["concrete"], MATERIALS["plasterboard"]


class Plane(NamedTuple):
    """A surface of the room in the radar frame: n . p = offset, with the inward normal n.

    Attributes:
        name: name of the surface, a key of `SURFACES`.
        normal: unit normal that points into the room.
        offset_m: distance of the radar from the surface with a negative sign [m].
        material: material of the surface.
    """

    name: str
    normal: np.ndarray
    offset_m: float
    material: Material


@dataclass(frozen=True, kw_only=True)
class Room:
    """The room that contains the radar and the subjects.

    Attributes:
        far_m, near_m: distances from the radar to the wall ahead and to the wall behind [m].
        left_m, right_m: distances from the radar to the walls on either side [m].
        height_m: height of the ceiling above the floor [m].
        floor, ceiling, far_wall, near_wall, left_wall, right_wall: material of each surface, or
            None for an open side.
        furniture: static, opaque objects in the room, which may touch its surfaces.
        polarisation: direction of the antennas' electric field in the radar frame, "vertical" or
            "horizontal".
        most_passes: maximum number of multipath passes simulated for a scene; each pass is one path
            from the radar to the body and back via surfaces, and takes about as long to simulate as
            the direct echo.
        leg_reflections: maximum number of surface reflections in each direction, from the radar to
            the body and back, in a simulated pass: 1, or 2 to simulate also the passes with two
            reflections in one direction.
    """

    far_m: float | int = 6.0
    near_m: float | int = 0.5
    left_m: float | int = 2.0
    right_m: float | int = 2.0
    height_m: float | int = 2.5
    floor: Material | None = _CONCRETE
    ceiling: Material | None = _PLASTER
    far_wall: Material | None = _PLASTER
    near_wall: Material | None = _PLASTER
    left_wall: Material | None = _PLASTER
    right_wall: Material | None = _PLASTER
    furniture: Sequence[Furniture] = ()
    polarisation: str = "vertical"
    most_passes: int = 4
    leg_reflections: int = 1

    def __post_init__(self):
        for field in ("far_m", "near_m", "left_m", "right_m", "height_m"):
            store_number(self, field, "m", at_least=_LEAST_SIZE_M, hint="give metres")
        for field in SURFACES:
            hint = "give a Material, such as MATERIALS['concrete'], or None for an open side"
            check_type("Room", field, getattr(self, field), (Material, type(None)), hint)
        check_type("Room", "furniture", self.furniture, Sequence, "give a list of Box, Plate, ...")
        kinds = (Box, Plate, Cylinder, MeshItem)
        for each in self.furniture:
            check_type("Room", "furniture", each, kinds, "give Box, Plate, Cylinder or MeshItem")
        object.__setattr__(self, "furniture", tuple(self.furniture))
        for index, each in enumerate(self.furniture):
            self._check_place(f"furniture[{index}]", each)
        check_choice("Room", "polarisation", self.polarisation, tuple(POLARISATIONS))
        store_whole(self, "most_passes", at_least=0)
        store_whole(self, "leg_reflections", at_least=1)
        if self.leg_reflections > MOST_LEG_REFLECTIONS:
            problem = f"is {self.leg_reflections}; must be at most {MOST_LEG_REFLECTIONS}"
            hint = "passes with more reflections are not simulated"
            raise InputError("Room", "leg_reflections", problem, hint)

    def beyond_m(self, points_m: Float[np.ndarray, "point 3"]) -> dict[str, float]:
        """Return the largest distance of points beyond each surface that they cross.

        Args:
            points_m: points in the world frame [m].

        Returns:
            Positive distances [m], keyed by the name of the surface. Open sides are not crossed.
        """
        distances_m = {}
        for name, (axis, outside, field) in SURFACES.items():
            at_m = 0.0 if field is None else getattr(self, field)
            distances_m[name] = float((outside * points_m[:, axis]).max()) - at_m
        return {
            name: distance_m
            for name, distance_m in distances_m.items()
            if distance_m > 0 and getattr(self, name) is not None
        }

    def crossed_by(self, item: Furniture) -> dict[str, float]:
        """Return the distances [m] by which furniture crosses surfaces, if above `CROSSING_M`."""
        beyond_m = self.beyond_m(item.mesh().vertices_m)
        return {name: each_m for name, each_m in beyond_m.items() if each_m > CROSSING_M}

    def _check_place(self, field: str, item: Furniture) -> None:
        """Raise InputError if a piece of furniture extends beyond a surface.

        The simulation does not test whether a surface hides furniture, so the part behind the
        surface would return an echo.
        """
        for name, beyond_m in self.crossed_by(item).items():
            kind, surface = type(item).__name__, name.replace("_", " ")
            problem = f"is a {kind} that extends {beyond_m:.3g} m beyond the {surface}"
            hint = "move it, make it smaller, enlarge the room, or leave this side open (None)"
            raise InputError("Room", field, problem, hint)

    def planes(self, radar_pose: RadarPose) -> list[Plane]:
        """Return the surfaces that have a material, in the radar frame.

        Raises:
            InputError: the radar is not above the floor and below the ceiling.
        """
        height_m = float(radar_pose.height_m)
        if not 0 < height_m < self.height_m:
            problem = f"is {height_m:g} m; must be between the floor and {self.height_m:g} m"
            hint = "correct the height of the radar, or of the room"
            raise InputError("RadarPose", "height_m", problem, hint)
        names = [name for name in SURFACES if getattr(self, name) is not None]
        return [self._plane(name, radar_pose) for name in names]

    def _plane(self, name: str, radar_pose: RadarPose) -> Plane:
        axis, outside, field = SURFACES[name]
        at_m = np.zeros(3)
        at_m[axis] = 0.0 if field is None else outside * getattr(self, field)
        inside_m = at_m.copy()
        inside_m[axis] -= outside
        at_m, inside_m = (np.asarray(to_radar_frame(each, radar_pose)) for each in (at_m, inside_m))
        normal = inside_m - at_m
        return Plane(name, normal, float(normal @ at_m), getattr(self, name))

    def furniture_meshes(self, radar_pose: RadarPose) -> list[TriangleMesh]:
        """Return the triangles of each piece of furniture in the radar frame, for shadows."""
        return [_in_radar_frame(each.mesh(), radar_pose) for each in self.furniture]

    def furniture_surfaces(self, radar_pose: RadarPose) -> list[TriangleMesh]:
        """Return compact triangles of each piece in the radar frame, for the piece's echo."""
        return [_in_radar_frame(each.surface(), radar_pose) for each in self.furniture]

    @property
    def size_text(self) -> str:
        """Text with the length, width and height of the room for reports."""
        return (
            f"{self.far_m + self.near_m:.3g} m x {self.left_m + self.right_m:.3g} m x "
            f"{self.height_m:.3g} m"
        )


def _in_radar_frame(mesh: TriangleMesh, radar_pose: RadarPose) -> TriangleMesh:
    return TriangleMesh(np.asarray(to_radar_frame(mesh.vertices_m, radar_pose)), mesh.faces)


def room_of_mesh(mesh: TriangleMesh) -> Room:
    """Create a room without walls that contains only a concrete mesh.

    The distances of the room's sides are those of the mesh's bounding box.

    Args:
        mesh: triangles in the world frame.
    """
    low, high = mesh.vertices_m.min(0), mesh.vertices_m.max(0)
    far_m, left_m, height_m = np.maximum(high, _LEAST_SIZE_M)
    near_m, right_m = np.maximum(-low[:2], _LEAST_SIZE_M)
    return Room(
        **dict.fromkeys(SURFACES),
        far_m=far_m,
        near_m=near_m,
        left_m=left_m,
        right_m=right_m,
        height_m=height_m,
        furniture=[MeshItem(mesh.vertices_m, mesh.faces, material=_CONCRETE)],
    )
