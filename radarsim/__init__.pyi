"""Public names with their types, which `__init__.py` imports when they are first used."""

from radarsim.batch import BatchSimulator as BatchSimulator
from radarsim.calibrate import anchored_reflectivity as anchored_reflectivity
from radarsim.detection.detect import detect as detect
from radarsim.detection.frame_maps import range_azimuth as range_azimuth
from radarsim.detection.frame_maps import range_doppler as range_doppler
from radarsim.detection.point_cloud import PointCloud as PointCloud
from radarsim.detection.settings import DetectionSettings as DetectionSettings
from radarsim.detection.settings import FrameMapSettings as FrameMapSettings
from radarsim.detection.tracker import track as track
from radarsim.errors import InputError as InputError
from radarsim.files import free_body as free_body
from radarsim.files import load_body as load_body
from radarsim.files import load_radar as load_radar
from radarsim.files import load_recording as load_recording
from radarsim.files import open_capture as open_capture
from radarsim.files import read_motion as read_motion
from radarsim.files import write_capture as write_capture
from radarsim.heatmaps.heatmaps import Heatmaps as Heatmaps
from radarsim.heatmaps.heatmaps import make_heatmaps as make_heatmaps
from radarsim.heatmaps.settings import HeatmapSettings as HeatmapSettings
from radarsim.joint_tracks import JointTracks as JointTracks
from radarsim.joint_tracks import joint_tracks as joint_tracks
from radarsim.point_targets import simulate_points as simulate_points
from radarsim.radar.antennas import AntennaArray as AntennaArray
from radarsim.radar.boards import BOARDS as BOARDS
from radarsim.radar.chirp import Chirp as Chirp
from radarsim.radar.frame import Frame as Frame
from radarsim.radar.radar import Radar as Radar
from radarsim.radar.receiver import Receiver as Receiver
from radarsim.radar.receiver_profile import ReceiverProfile as ReceiverProfile
from radarsim.radar.timing import burst_times_s as burst_times_s
from radarsim.receiver_files import load_receiver as load_receiver
from radarsim.scattering.dielectrics import Clothing as Clothing
from radarsim.scattering.physical_optics import PhysicalOptics as PhysicalOptics
from radarsim.scattering.reflection import QuasiSpecular as QuasiSpecular
from radarsim.scattering.roughness import Roughness as Roughness
from radarsim.scene.body import BodyModel as BodyModel
from radarsim.scene.motion import Motion as Motion
from radarsim.scene.placement import Placement as Placement
from radarsim.scene.placement import RadarPose as RadarPose
from radarsim.scene.scene import Scene as Scene
from radarsim.scene.skeletons.fit import SkeletonFit as SkeletonFit
from radarsim.scene.skeletons.fit import fit_skeleton as fit_skeleton
from radarsim.scene.skeletons.sequence import JointSequence as JointSequence
from radarsim.scene.smooth_body import smooth_body as smooth_body
from radarsim.scene.subject import Subject as Subject
from radarsim.signal.settings import SimulationSettings as SimulationSettings
from radarsim.simulate import simulate as simulate
from radarsim.simulate import simulate_mesh as simulate_mesh
from radarsim.skeleton_files import read_skeletons as read_skeletons
from radarsim.stream import stream as stream

heatmaps = make_heatmaps
__version__: str
