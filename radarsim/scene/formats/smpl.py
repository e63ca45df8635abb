"""Read body-model files: SMPL, SMPL-H and SMPL-X as published (.npz, .pkl), and the free body.

No code in a file is executed: archives are read without pickle, and pickles are read by
`restricted_unpickler`.
"""

import pickle
import zipfile
from dataclasses import dataclass
from pathlib import Path

import jax
import numpy as np

from radarsim.errors import InputError
from radarsim.numerics.host_arrays import float32
from radarsim.scene.body import BodyModel
from radarsim.scene.formats.restricted_unpickler import as_array, load_arrays
from radarsim.scene.skeleton import NUM_JOINTS

# The path is relative to this module, because a folder named radarsim in the current folder may
# hide the package.
ASSETS = Path(__file__).parents[2] / "assets"
FREE_BODY = "free_body.npz"
LAYOUTS = {count: layout for layout, count in NUM_JOINTS.items()}
OTHER_MODELS = {16: "MANO (a hand)", 5: "FLAME (a head)", 33: "SMAL (an animal)"}
# SMPL-X appends expression directions to the shape directions: 300 + 100, or 10 + 10 in slim files.
SMPLX_SHAPE_DIRECTIONS = 300
SMPLX_SLIM_SHAPE_DIRECTIONS = 10
GET_A_MODEL = "give a SMPL, SMPL-H or SMPL-X file as published (.npz or .pkl), or use the free body"


def read_body_model(path, num_betas: int = 16) -> BodyModel:
    """Read an SMPL, SMPL-H or SMPL-X model, identified by its number of joints.

    Args:
        path: `.npz` or `.pkl` file as published.
        num_betas: maximum number of shape directions to read; AMASS has 16 betas.

    Returns:
        The model in float32, with the joint regressor applied.

    Raises:
        InputError: the file is missing, damaged, of another type, or inconsistent.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(path, "file", "there is no such file", GET_A_MODEL)
    readers = {".npz": _NpzArrays, ".pkl": _PickledArrays}
    if path.suffix.lower() not in readers:
        raise InputError(path, "file", f"it ends in {path.suffix!r}", GET_A_MODEL)
    with readers[path.suffix.lower()](path) as raw:
        return _build(raw, num_betas)


def free_body() -> BodyModel:
    """The built-in CC0 body: 1.70 m tall, SMPL's 24 joints; see assets/free_body.md."""
    return read_body_model(ASSETS / FREE_BODY)


def find_body_model(folder, layout: str, gender: str = "neutral") -> Path:
    """Find the body model of a given layout and gender in a folder, by its published file name.

    Known names: `SMPL_NEUTRAL.pkl`, `basicmodel_f_lbs_10_207_0_v1.1.0.pkl`, `smplh/male/model.npz`,
    `SMPLH_MALE.pkl`, `SMPLX_FEMALE.npz`, `smplx/neutral/model.npz`. The search is case-insensitive,
    covers up to four levels of folders, and prefers `.npz` to `.pkl`.

    Args:
        folder: folder to search; the path of a file is returned unchanged.
        layout: "smpl", "smplh" or "smplx".
        gender: "neutral", "male" or "female".

    Raises:
        InputError: the folder has no file of this layout and gender.
    """
    folder = Path(folder)
    if folder.is_file():
        return folder
    if not folder.is_dir():
        raise InputError(folder, "body models", "there is no such folder", GET_A_MODEL)
    found = [
        path
        for depth in range(1, 6)
        for suffix in ("npz", "pkl")
        for path in sorted(folder.glob("*/" * (depth - 1) + "*." + suffix))
        if _is_published_name(path, layout, gender.lower())
    ]
    if not found:
        example = f"{layout}/{layout.upper()}_{gender.upper()}.npz"
        problem = f"it holds no {layout} model of gender {gender!r}"
        raise InputError(folder, "body models", problem, f"put it there, for example as {example}")
    return found[0]


def _is_published_name(path, layout, gender):
    name, parents = path.stem.lower(), [part.lower() for part in path.parts[:-1]]
    if name == f"{layout}_{gender}" or name == f"{layout}_{gender}_2020":
        return True
    if layout == "smpl":
        short = {"male": "m", "female": "f"}.get(gender, gender)
        return name.startswith(f"basicmodel_{short}_lbs_10_207_0")
    # AMASS also contains dmpls/male/model.npz (soft-tissue directions), not a body model.
    if name != "model" or parents[-1:] != [gender] or "dmpls" in parents:
        return False
    return ("smplx" in parents) == (layout == "smplx")


class _NpzArrays:
    """Named arrays of an archive, read without pickle."""

    def __init__(self, path):
        self.path = path
        try:
            self.archive = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise _damaged(path, error) from None
        if not isinstance(self.archive, np.lib.npyio.NpzFile):
            raise InputError(path, "file", "it is a single array, not an archive", GET_A_MODEL)
        self.keys = set(self.archive.files)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.archive.close()

    def array(self, key):
        try:
            return self.archive[key]
        except ValueError as error:
            if "allow_pickle" not in str(error):
                raise _damaged(self.path, error) from None
            problem = "it is an object array, which only pickle could read"
            hint = "save it as a plain array: np.asarray(..., dtype=float)"
            raise InputError(self.path, key, problem, hint) from None
        except Exception as error:  # a damaged archive raises zlib, zip and header errors
            raise _damaged(self.path, error) from None


class _PickledArrays:
    """Named arrays of a pickled dictionary, read without executing code."""

    def __init__(self, path):
        self.path = path
        try:
            with path.open("rb") as file:
                self.content = load_arrays(file)
        except pickle.UnpicklingError as error:
            hint = "only pickles of plain, SciPy-sparse or chumpy arrays are read"
            raise InputError(path, "pickle", str(error), hint) from None
        self.keys = set(self.content)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def array(self, key):
        try:
            return as_array(self.content[key])
        except Exception as error:  # records of a malicious file can raise any exception
            hint = "convert the file with smplx's tools/clean_ch.py"
            raise InputError(self.path, key, str(error), hint) from None


def _damaged(path, error):
    problem = f"it is truncated or not an .npz archive ({type(error).__name__})"
    return InputError(path, "file", problem, "download or copy it again")


@dataclass
class _Fields:
    """Reader of the arrays of a file, which checks the shape, type and values of each array."""

    raw: object

    def get(self, key, *shape, kinds="f"):
        """Return an array of finite values with a given shape, in which None means any size."""
        if key not in self.raw.keys:
            have = ", ".join(sorted(map(str, self.raw.keys))[:8]) or "nothing"
            problem = f"it is missing; the file holds {have}"
            raise InputError(self.raw.path, key, problem, GET_A_MODEL)
        array = np.asarray(self.raw.array(key))
        fits = array.ndim == len(shape) and all(
            size is None or size == found for size, found in zip(shape, array.shape)
        )
        if not fits:
            wanted = " x ".join("any" if size is None else str(size) for size in shape)
            problem = f"its shape is {array.shape}, not {wanted}"
            raise InputError(self.raw.path, key, problem, GET_A_MODEL)
        if array.dtype.kind not in kinds:
            problem = f"its entries are {array.dtype}, not {'numbers' if 'f' in kinds else 'whole'}"
            raise InputError(self.raw.path, key, problem, GET_A_MODEL)
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            problem = "it holds values that are not finite"
            raise InputError(self.raw.path, key, problem, "download or copy the file again")
        return array


def _build(raw, num_betas):
    fields = _Fields(raw)
    table = fields.get("kintree_table", 2, None, kinds="iuf")
    num_joints = table.shape[1]
    layout = _layout(raw, num_joints)
    template = fields.get("v_template", None, 3).astype(np.float64)
    num_vertices = len(template)
    regressor = fields.get("J_regressor", num_joints, num_vertices).astype(np.float64)
    shape_dirs = fields.get("shapedirs", num_vertices, 3, None)
    shape_dirs = shape_dirs[..., : _num_shape_dirs(layout, shape_dirs.shape[-1], num_betas)]
    num_features = (num_joints - 1) * 9
    pose_dirs = fields.get("posedirs", num_vertices, 3, None)
    if pose_dirs.shape[-1] not in (0, num_features):
        problem = f"it has {pose_dirs.shape[-1]} directions, not {num_features} (or none)"
        raise InputError(raw.path, "posedirs", problem, GET_A_MODEL)
    return BodyModel(
        template_m=float32(template),
        shape_dirs=float32(shape_dirs),
        pose_dirs=float32(pose_dirs.reshape(num_vertices * 3, -1).T),
        joint_template_m=float32(regressor @ template),
        joint_shape_dirs=float32(np.einsum("jv,vcb->jcb", regressor, shape_dirs)),
        skin_weights=float32(_weights(fields, num_vertices, num_joints)),
        faces=jax.device_put(np.asarray(_faces(fields, num_vertices), np.int32)),
        parents=_parents(raw, table),
        layout=layout,
        shape_space=_shape_space(raw, layout),
        name=Path(raw.path).stem,
    )


def _layout(raw, num_joints):
    if num_joints in LAYOUTS:
        return LAYOUTS[num_joints]
    other = OTHER_MODELS.get(num_joints, "another model")
    known = ", ".join(f"{layout} {count}" for layout, count in NUM_JOINTS.items())
    problem = f"it has {num_joints} joints, as {other}; supported are {known}"
    raise InputError(raw.path, "kintree_table", problem, GET_A_MODEL)


def _num_shape_dirs(layout, available, wanted):
    if layout == "smplx":
        full = available >= SMPLX_SHAPE_DIRECTIONS
        available = SMPLX_SHAPE_DIRECTIONS if full else min(available, SMPLX_SLIM_SHAPE_DIRECTIONS)
    return min(available, wanted)


def _shape_space(raw, layout):
    if "shape_space" in raw.keys:  # occurs only in the free body
        return str(raw.array("shape_space"))
    return "smplx" if layout == "smplx" else "smpl"


def _weights(fields, num_vertices, num_joints):
    weights = fields.get("weights", num_vertices, num_joints).astype(np.float64)
    total = weights.sum(axis=1, keepdims=True)
    if np.abs(total - 1).max(initial=0) > 0.01:
        worst = total.ravel()[np.abs(total - 1).argmax()]
        problem = f"the weights of a vertex add up to {worst:.3g}, not to 1 within 0.01"
        raise InputError(fields.raw.path, "weights", problem, GET_A_MODEL)
    return weights / total


def _faces(fields, num_vertices):
    faces = fields.get("f", None, 3, kinds="iu").astype(np.int64)
    if faces.min(initial=0) < 0 or faces.max(initial=0) >= num_vertices:
        problem = f"it refers to vertex {faces.max()} of {num_vertices}"
        raise InputError(fields.raw.path, "f", problem, GET_A_MODEL)
    return faces


def _parents(raw, table):
    """Parents of all joints; in published files, the parent of the root is -1 or 2^32 - 1."""
    parents = [-1, *(int(parent) for parent in table[0, 1:])]
    for joint, parent in enumerate(parents[1:], start=1):
        if not 0 <= parent < joint:
            problem = f"joint {joint} has parent {parent}; a parent must precede its children"
            raise InputError(raw.path, "kintree_table", problem, GET_A_MODEL)
    return tuple(parents)
