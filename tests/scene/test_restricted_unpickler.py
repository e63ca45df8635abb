"""The restricted unpickler reads arrays and never executes code from a pickle."""

import contextlib
import io
import os
import pickle
import struct
import sys
import types

import numpy as np
import pytest
from scipy import sparse

from radarsim.scene.formats.restricted_unpickler import as_array, load_arrays

MATRIX = np.random.default_rng(0).normal(size=(4, 3))


def load(content, protocol=2):
    return load_arrays(io.BytesIO(pickle.dumps(content, protocol=protocol)))


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
@pytest.mark.parametrize(
    "array",
    [
        MATRIX,
        MATRIX.astype(np.float32),
        MATRIX.astype(">f8"),
        np.asfortranarray(MATRIX),
        np.arange(6, dtype=np.uint32).reshape(2, 3),
        np.zeros((4, 3, 0)),
    ],
    ids=["float64", "float32", "big endian", "Fortran order", "uint32", "empty"],
)
def test_arrays_come_back(array, protocol):
    np.testing.assert_array_equal(as_array(load({"x": array}, protocol)["x"]), array)


@pytest.mark.parametrize("kind", ["csc", "csr", "coo"])
def test_sparse_matrices_come_back_dense(kind):
    matrix = sparse.random(5, 7, density=0.3, format=kind, rng=np.random.default_rng(1))
    np.testing.assert_array_equal(as_array(load({"x": matrix})["x"]), matrix.toarray())


@pytest.fixture
def chumpy():
    """A stand-in for chumpy while a test writes a file; it is removed before the file is read."""
    modules = {
        name: types.ModuleType(name) for name in ("chumpy", "chumpy.ch", "chumpy.reordering")
    }
    for module, name in (("chumpy.ch", "Ch"), ("chumpy.reordering", "Select")):
        wrapper = type(name, (), {"__module__": module})
        setattr(modules[module], name, wrapper)
    sys.modules.update(modules)
    yield modules
    for name in modules:
        sys.modules.pop(name, None)


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_chumpy_arrays_are_read_without_chumpy(chumpy, protocol):
    leaf = chumpy["chumpy.ch"].Ch()
    leaf.__dict__.update(x=MATRIX, _dirty_vars={"x"}, _itr=None)
    part = chumpy["chumpy.reordering"].Select()
    part.__dict__.update(a=leaf, idxs=np.array([0, 3, 6, 9]), preferred_shape=(4, 1))
    written = pickle.dumps({"leaf": leaf, "slice": part}, protocol=protocol)
    for name in chumpy:
        sys.modules.pop(name)
    content = load_arrays(io.BytesIO(written))
    np.testing.assert_array_equal(as_array(content["leaf"]), MATRIX)
    np.testing.assert_array_equal(as_array(content["slice"]), MATRIX[:, :1])
    assert "chumpy" not in sys.modules


def python2_pickle(array):
    """A pickle of {"x": array} as written by Python 2 and its NumPy: protocol 2, bytes as str."""
    raw = array.astype("<f8").tobytes()
    shape = b"(" + b"".join(b"J" + struct.pack("<i", size) for size in array.shape) + b"t"
    dtype = b"cnumpy\ndtype\n(U\x02f8K\x00K\x01tR(K\x03U\x01<NNN"
    dtype += b"J\xff\xff\xff\xff" * 2 + b"K\x00tb"
    begin = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
    state = b"(K\x01" + shape + dtype + b"\x89T" + struct.pack("<i", len(raw)) + raw + b"tb"
    return b"\x80\x02}U\x01x" + begin + state + b"s."


def test_pickles_of_python_2_are_read():
    content = load_arrays(io.BytesIO(python2_pickle(MATRIX)))
    np.testing.assert_array_equal(as_array(content["x"]), MATRIX)


class Attack:
    """An object with a pickle that calls a given function with given arguments."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", [0, 2, 4])
@pytest.mark.parametrize("function", [os.mkdir, os.system, eval, __import__, np.load, np.save])
def test_a_pickle_that_calls_a_function_is_refused_and_calls_nothing(tmp_path, function, protocol):
    mark = tmp_path / "was_here"
    words = {os.system: f"mkdir {mark}", eval: f"__import__('os').mkdir({str(mark)!r})"}
    attack = Attack(function, words.get(function, str(mark)))
    with pytest.raises(pickle.UnpicklingError, match="contains"):
        load({"v_template": MATRIX, "extra": attack}, protocol)
    assert not mark.exists()


@pytest.mark.parametrize(
    "name",
    [
        *(b"numpy\nsave", b"numpy.core.multiarray\nfromfile", b"scipy.sparse\nload_npz"),
        *(b"builtins\ngetattr", b"copyreg\n_extension_registry", b"numpy\nndarray.tofile"),
    ],
)
def test_only_exact_names_of_array_types_are_allowed(name):
    with pytest.raises(pickle.UnpicklingError, match="contains"):
        load_arrays(io.BytesIO(b"\x80\x02c" + name + b"\n."))


def test_arrays_of_objects_are_refused():
    content = load({"x": np.array([{"a": 1}, None], dtype=object)})
    with pytest.raises(ValueError, match="not numbers"):
        as_array(content["x"])


def test_a_sparse_matrix_with_indices_out_of_range_is_refused():
    matrix = sparse.random(5, 7, density=0.3, format="csc", rng=np.random.default_rng(1))
    matrix.indices[0] = 1_000_000
    with pytest.raises(ValueError, match="indices must be"):
        as_array(load({"x": matrix})["x"])


def test_an_array_with_too_few_numbers_is_refused():
    written = python2_pickle(MATRIX).replace(
        b"(J\x04\x00\x00\x00J\x03\x00\x00\x00t", b"(J\x05\x00\x00\x00J\x03\x00\x00\x00t"
    )
    content = load_arrays(io.BytesIO(written))
    with pytest.raises(ValueError, match="12 numbers for the shape"):
        as_array(content["x"])


@pytest.mark.parametrize("content", [b"", b"\x80\x02}", b"not a pickle", b"\x80\x02]."])
def test_damaged_pickles_raise_one_type_of_error(content):
    with pytest.raises(pickle.UnpicklingError):
        load_arrays(io.BytesIO(content))


def test_one_file_cannot_alter_what_the_next_one_reads():
    """The opcode BUILD on a class would set class attributes, so each name gets a new class."""
    spoil = b"\x80\x02}U\x01xcnumpy\nndarray\nN}U\x04kindU\x03cscs\x86bs."
    with contextlib.suppress(pickle.UnpicklingError):
        load_arrays(io.BytesIO(spoil))
    np.testing.assert_array_equal(as_array(load({"x": MATRIX})["x"]), MATRIX)
