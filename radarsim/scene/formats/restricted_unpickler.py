"""Restricted unpickler: reads arrays from pickles without importing or running their classes.

The published SMPL files are Python 2 pickles of NumPy arrays, SciPy sparse matrices and chumpy
wrappers; body trackers write dictionaries of NumPy arrays or torch tensors. A class named in a
pickle is never imported: an object of an allowed class becomes a record of its arguments and state,
from which numeric arrays are rebuilt and checked. All other class names raise an error.
"""

import pickle
import re

import numpy as np
from scipy import sparse

SPARSE_MODULE = re.compile(r"scipy\.sparse(\.\w+)?$")
SPARSE_CLASS = re.compile(r"(csc|csr|coo)_(matrix|array)$")
CHUMPY_MODULE = re.compile(r"chumpy(\.\w+)*$")
NUMBER_CODE = re.compile(r"[biuf]\d+$")
RECORDED = {
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("builtins", "object"),
    ("multiarray", "_reconstruct"),
    ("multiarray", "scalar"),
    ("numeric", "_frombuffer"),
    ("torch._utils", "_rebuild_tensor_v2"),
    ("torch.storage", "_load_from_bytes"),
    ("joblib.numpy_pickle", "NumpyArrayWrapper"),
}
TORCH_STORAGE = re.compile(r"(Float|Double|Half|Long|Int|Short|Char|Byte|Bool)Storage$")


class Record:
    """Class, arguments and state of one pickled object."""

    kind = ""

    def __new__(cls, *args, **_):
        record = super().__new__(cls)
        record.args, record.state = args, None
        return record

    def __init__(self, *_, **__):
        pass

    def __setstate__(self, state):
        self.state = state


# Minimal stand-ins for the standard-library callables that pickled arrays refer to.
REPLACED_BUILTINS = {
    ("_codecs", "encode"): lambda text, _="latin1": text.encode("latin1"),
    ("builtins", "bytes"): lambda: b"",
    ("builtins", "set"): lambda items=(): list(items),
    ("collections", "OrderedDict"): lambda: {},
    ("copyreg", "_reconstructor"): lambda cls, *_: type("", (Record,), {"kind": cls.kind})(),
}


class RestrictedNames:
    """Mixin for unpicklers that resolves allowed names to records and rejects all other names."""

    def find_class(self, module: str, name: str):
        """Create a record class for an allowed name, so that files cannot alter shared classes."""
        module = {"__builtin__": "builtins", "copy_reg": "copyreg"}.get(module, module)
        short = re.sub(r"^numpy\._?core\.", "", module)
        if SPARSE_MODULE.match(module) and SPARSE_CLASS.match(name):
            return type(name, (Record,), {"kind": name[:3]})
        if CHUMPY_MODULE.match(module) and name.isidentifier():
            return type(name, (Record,), {"kind": "chumpy"})
        if module == "torch" and TORCH_STORAGE.match(name):
            return type(name, (Record,), {"kind": name})
        if (short, name) in RECORDED:
            return type(name, (Record,), {"kind": name})
        if (module, name) in REPLACED_BUILTINS:
            return REPLACED_BUILTINS[module, name]
        raise pickle.UnpicklingError(f"it contains {module}.{name}, which is not an array")

    def persistent_load(self, pid):
        raise pickle.UnpicklingError("it refers to objects outside the file")


class _ArrayUnpickler(RestrictedNames, pickle.Unpickler):
    pass


def load_records(unpickler) -> object:
    """Read a pickle; every array becomes a `Record`.

    Args:
        unpickler: unpickler derived from `RestrictedNames`.

    Raises:
        pickle.UnpicklingError: the pickle is damaged or contains objects other than arrays.
    """
    try:
        return unpickler.load()
    except pickle.UnpicklingError:
        raise
    except Exception as error:  # a damaged pickle can raise any exception
        raise pickle.UnpicklingError(f"it is damaged ({type(error).__name__}: {error})") from None


def load_any(file) -> object:
    """Apply `load_records` to an open binary file."""
    return load_records(_ArrayUnpickler(file, encoding="latin1"))


def load_arrays(file) -> dict:
    """Read the dictionary in a pickle; its values are records, which `as_array` converts.

    Args:
        file: open binary file.

    Raises:
        pickle.UnpicklingError: the pickle is damaged, contains objects other than arrays, or is
            not a dictionary at the top level.
    """
    content = load_any(file)
    if not isinstance(content, dict):
        raise pickle.UnpicklingError(f"it holds a {type(content).__name__}, not a dictionary")
    return content


def as_array(value) -> np.ndarray:
    """Convert a record to the numeric array that it describes.

    Raises:
        ValueError: the record is not a numeric array, or is inconsistent.
    """
    kind = getattr(value, "kind", None)
    if kind is None:
        array = np.asarray(value)
        if array.dtype.kind not in "biuf":
            raise ValueError(f"it is a {type(value).__name__}, not numbers")
        return array
    if kind in ("csc", "csr", "coo"):
        return _from_sparse(value)
    if kind == "chumpy":
        return _from_chumpy(value)
    if kind == "joblib array":
        return value.values
    if kind == "_frombuffer":
        raw, dtype, shape, order = value.args
        return from_bytes(shape, dtype, order == "F", raw)
    if kind in ("ndarray", "_reconstruct") and isinstance(value.state, tuple):
        return from_bytes(*value.state[-4:])
    raise ValueError(f"it is a {kind}, not an array")


def from_bytes(shape, dtype, fortran, raw):
    """Build an array from shape, dtype record, memory order and bytes, as in NumPy's pickles.

    Raises:
        ValueError: the entries are not numbers, or their count does not match the shape.
    """
    code = dtype.args[0] if getattr(dtype, "kind", "") == "dtype" and dtype.args else None
    if not isinstance(code, str) or not NUMBER_CODE.match(code):
        raise ValueError(f"its entries are of type {code!r}, not numbers")
    big_endian = bool(dtype.state) and dtype.state[1] == ">"
    raw = raw.encode("latin1") if isinstance(raw, str) else bytes(raw)
    flat = np.frombuffer(raw, dtype=np.dtype((">" if big_endian else "<") + code))
    shape = tuple(int(size) for size in shape)
    if min(shape, default=0) < 0 or int(np.prod(shape, dtype=object)) != flat.size:
        raise ValueError(f"it holds {flat.size} numbers for the shape {shape}")
    return flat.reshape(shape, order="F" if fortran else "C")


def _from_sparse(value):
    state = value.state
    shape = tuple(int(size) for size in state.get("_shape", state.get("shape")))
    numbers = as_array(state["data"])
    if value.kind == "coo":
        where = state.get("coords") or (state["row"], state["col"])
        parts = (numbers, tuple(as_array(axis) for axis in where))
    else:
        parts = (numbers, as_array(state["indices"]), as_array(state["indptr"]))
    matrix = getattr(sparse, f"{value.kind}_matrix")(parts, shape=shape)
    if value.kind != "coo":
        matrix.check_format(full_check=True)  # a wrong index would read memory outside the arrays
    return matrix.toarray()


def _from_chumpy(value):
    """Convert a chumpy object: a leaf with numbers `x`, or a slice of `a` with flat indices."""
    state = value.state if isinstance(value.state, dict) else {}
    if "x" in state:
        return as_array(state["x"])
    if "a" in state and "idxs" in state:
        picked = as_array(state["a"]).ravel()[as_array(state["idxs"])]
        shape = state.get("preferred_shape", picked.shape)
        return picked.reshape([int(size) for size in shape])
    raise ValueError(f"it is a chumpy {type(value).__name__} expression, not stored numbers")
