"""Millimetre-wave radar sensing of people: from moving bodies to the raw signal of an FMCW radar.

    import jax, radarsim as rs

    radar = rs.load_radar("AWR1843BOOST")
    walker = rs.Subject(rs.read_motion("walk.bvh"), rs.free_body(), rs.Placement(distance_m=3.0))
    cube_v = rs.simulate(radar, rs.Scene([walker]), jax.random.key(0))
    rs.heatmaps(radar, cube_v).plot()

The names below are the public interface; each name is imported when it is first used, so that
importing the package is fast.
"""

import sys
from importlib import import_module, metadata
from types import ModuleType

# Maps each public name to its module, followed by the name in that module if it differs.
_PUBLIC = {
    # radar
    "AntennaArray": "radarsim.radar.antennas",
    "BOARDS": "radarsim.radar.boards",
    "Chirp": "radarsim.radar.chirp",
    "Frame": "radarsim.radar.frame",
    "Radar": "radarsim.radar.radar",
    "Receiver": "radarsim.radar.receiver",
    "ReceiverProfile": "radarsim.radar.receiver_profile",
    "burst_times_s": "radarsim.radar.timing",
    "load_radar": "radarsim.files",
    "load_receiver": "radarsim.receiver_files",
    # scene
    "BodyModel": "radarsim.scene.body",
    "Motion": "radarsim.scene.motion",
    "Placement": "radarsim.scene.placement",
    "RadarPose": "radarsim.scene.placement",
    "Scene": "radarsim.scene.scene",
    "Subject": "radarsim.scene.subject",
    "free_body": "radarsim.files",
    "load_body": "radarsim.files",
    "read_mesh_sequence": "radarsim.files",
    "read_motion": "radarsim.files",
    "smooth_body": "radarsim.scene.smooth_body",
    # rooms
    "Box": "radarsim.scene.furniture",
    "Cylinder": "radarsim.scene.furniture",
    "MATERIALS": "radarsim.scene.materials",
    "Material": "radarsim.scene.materials",
    "MeshItem": "radarsim.scene.furniture",
    "Plate": "radarsim.scene.furniture",
    "Room": "radarsim.scene.room",
    "read_room": "radarsim.room_files",
    "room_report": "radarsim.checked_room_report",
    # skeletons
    "JointSequence": "radarsim.scene.skeletons.sequence",
    "SkeletonFit": "radarsim.scene.skeletons.fit",
    "fit_skeleton": "radarsim.scene.skeletons.fit",
    "read_skeletons": "radarsim.skeleton_files",
    # reflection
    "Clothing": "radarsim.scattering.dielectrics",
    "PhysicalOptics": "radarsim.scattering.physical_optics",
    "QuasiSpecular": "radarsim.scattering.reflection",
    "Roughness": "radarsim.scattering.roughness",
    "anchored_reflectivity": "radarsim.calibrate",
    # simulation
    "BatchSimulator": "radarsim.batch",
    "SimulationSettings": "radarsim.signal.settings",
    "pose_clip": "radarsim.posed_clip",
    "simulate": "radarsim.simulate",
    "simulate_mesh": "radarsim.simulate",
    "simulate_points": "radarsim.point_targets",
    "stack_clips": "radarsim.posed_clip",
    "stream": "radarsim.stream",
    # heatmaps
    "HeatmapSettings": "radarsim.heatmaps.settings",
    "Heatmaps": "radarsim.heatmaps.heatmaps",
    "heatmaps": ("radarsim.heatmaps.heatmaps", "make_heatmaps"),
    # points and maps of single frames
    "DetectionSettings": "radarsim.detection.settings",
    "FrameMapSettings": "radarsim.detection.settings",
    "PointCloud": "radarsim.detection.point_cloud",
    "detect": "radarsim.detection.detect",
    "range_azimuth": "radarsim.detection.frame_maps",
    "range_doppler": "radarsim.detection.frame_maps",
    "track": "radarsim.detection.tracker",
    # joints
    "JointTracks": "radarsim.joint_tracks",
    "joint_tracks": "radarsim.joint_tracks",
    # captures
    "load_recording": "radarsim.files",
    "open_capture": "radarsim.files",
    "write_capture": "radarsim.files",
    # errors
    "InputError": "radarsim.errors",
}

__all__ = ["__version__", *_PUBLIC]


def __getattr__(name: str):
    if name == "__version__":
        value = _version()
    elif name in _PUBLIC:
        home = _PUBLIC[name]
        module, attribute = home if isinstance(home, tuple) else (home, name)
        value = getattr(import_module(module), attribute)
    else:
        raise AttributeError(f"module 'radarsim' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


def _version() -> str:
    try:
        return metadata.version("radarsim")
    except metadata.PackageNotFoundError:  # run from a source tree without installation
        return "0+unknown"


class _Package(ModuleType):
    """Package in which a submodule never hides the public function of the same name.

    The import system sets each imported submodule as an attribute of its package. Without this
    class, `radarsim.simulate` would refer to the module as soon as any code imports that module.
    """

    def __setattr__(self, name, value):
        if not (name in _PUBLIC and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
