"""Hook of MkDocs that generates the reference pages from the public names of `radarsim`."""

import radarsim

# Title of each page, keyed by file name, with the public names that the page describes.
PAGES = {
    "radar": ("Radar", "Radar Chirp Frame AntennaArray Receiver BOARDS load_radar burst_times_s"),
    "scene": (
        "Motion, body and scene",
        "Scene Subject Placement RadarPose Motion BodyModel read_motion free_body load_body",
    ),
    "skeletons": ("Skeletons", "JointSequence SkeletonFit fit_skeleton read_skeletons"),
    "simulation": (
        "Simulation",
        "simulate simulate_mesh simulate_points stream BatchSimulator SimulationSettings "
        "QuasiSpecular PhysicalOptics anchored_reflectivity",
    ),
    "heatmaps": ("Heatmaps", "heatmaps Heatmaps HeatmapSettings"),
    "detection": (
        "Points, tracks and maps of frames",
        "detect track range_doppler range_azimuth PointCloud DetectionSettings FrameMapSettings",
    ),
    "joints": ("Joints", "joint_tracks JointTracks"),
    "recordings": ("Recordings", "load_recording open_capture write_capture"),
    "errors": ("Errors", "InputError"),
}


def on_files(files, config):
    """Add the reference pages to the pages of the site."""
    # Imported here, because the tests of the pages do not need MkDocs.
    from mkdocs.structure.files import File

    for stem, (title, names) in PAGES.items():
        content = page(title, names.split())
        files.append(File.generated(config, f"reference/{stem}.md", content=content))
    return files


def page(title: str, names: list[str]) -> str:
    """Markdown of a reference page with the docstring of each name."""
    lines = [f"# {title}", ""]
    for name in names:
        lines += [f"## `rs.{name}`", "", f"::: {home_of(name)}", ""]
    return "\n".join(lines)


def home_of(name: str) -> str:
    """Full path of the object that a public name stands for."""
    home = radarsim._PUBLIC[name]
    return ".".join(home) if isinstance(home, tuple) else f"{home}.{name}"
