"""Find the source line, module and stage of this project from which an instruction originates."""

import re

from benchmarks.gpu_plan.hlo_text import Frame

PACKAGES = ("radarsim", "mmclip", "pipelines", "builders")
_OWN = re.compile(rf"(?:^|/)((?:{'|'.join(PACKAGES)})/.*)\.py$")
# Modules whose functions serve all stages: their callers are charged.
_HELPERS = "radarsim/numerics/"
# Functions that begin a stage of the simulation, and the name of the stage.
STAGES = {
    "skin_subjects": "skin",
    "select_faces": "select",
    "clip_echo": "echo",
    "receive": "receive",
    "maps_of_clip": "heatmaps",
}


def traced_frames(equation) -> list[Frame]:
    """Source lines of an equation of a traced program, innermost first."""
    traceback = equation.source_info.traceback
    return [
        Frame(each.file_name, each.function_name, each.line_num)
        for each in (traceback.frames if traceback else ())
    ]


def own_frame(frames: list[Frame]) -> Frame | None:
    """Innermost frame in the project's packages, or None if all frames are in other packages."""
    return next((frame for frame in frames if _OWN.search(frame.file)), None)


def simulation_stage(frames: list[Frame], operation_name: str) -> str:
    """Stage and module of an instruction of `BatchSimulator`, for example "select, visibility"."""
    begun = (STAGES[frame.function] for frame in frames if frame.function in STAGES)
    return f"{next(begun, 'other')}, {_module(frames)}"


def training_stage(frames: list[Frame], operation_name: str) -> str:
    """Pass and module of an instruction of a training step."""
    backward = "backward" if "transpose(" in operation_name else "forward"
    module = _module(frames)
    return f"{'optimizer' if module == 'training_step' else backward}, {module}"


def _module(frames: list[Frame]) -> str:
    """Name of the innermost module of the project that is not a helper shared by all stages."""
    own = (_OWN.search(frame.file) for frame in frames)
    names = [found[1] for found in own if found]
    names = [name for name in names if not name.startswith(_HELPERS)] or names
    return names[0].rpartition("/")[2] if names else "library"
