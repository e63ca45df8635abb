"""Writers of miniature recordings of other radars, one per file format."""

from pathlib import Path

import h5py
import numpy as np
import scipy.io

SUFFIXES = (".npy", ".npz", ".mat", ".v73.mat", ".h5")


def write_array(path: Path, values: np.ndarray, name: str = "adc") -> Path:
    """Write an array in the format of the file name's ending; `.v73.mat` is MATLAB's HDF5."""
    if path.name.endswith(".v73.mat"):
        with h5py.File(path, "w") as file:
            file["#refs#/a"] = np.zeros(2)
            file[name] = _records(values).T  # MATLAB is column-major
    elif path.suffix == ".npy":
        np.save(path, values)
    elif path.suffix == ".npz":
        np.savez_compressed(path, **{name: values})
    elif path.suffix == ".mat":
        scipy.io.savemat(path, {name: values, "comment": "made by a test"}, do_compression=True)
    else:
        with h5py.File(path, "w") as file:
            file.create_dataset(name, data=values, chunks=True)
    return path


def write_iq_text(path: Path, frames: np.ndarray) -> Path:
    """Write complex frames [frame, sample] as text: a comment, then I and Q on alternate lines."""
    lines = []
    for number, frame in enumerate(frames):
        lines += [f"# Frame_Number = {number}", f"# Timestamp = {1000 + number}"]
        lines += [f"{part:.6f}" for value in frame for part in (value.real, value.imag)]
    path.write_text("\n".join(lines) + "\n")
    return path


def write_picture(path: Path, values: np.ndarray, colour_map: str, size: tuple[int, int]) -> Path:
    """Write an array [row, column] of values from 0 to 1 as a picture, stretched to a size."""
    import matplotlib
    from PIL import Image

    rows, columns = (
        (np.arange(length) * count // length) for length, count in zip(size, values.shape)
    )
    stretched = values[rows][:, columns]
    colours = matplotlib.colormaps[colour_map](stretched, bytes=True)[..., :3]
    Image.fromarray(colours).save(path)
    return path


def _records(values: np.ndarray) -> np.ndarray:
    """Records of a real and an imaginary part, as MATLAB stores complex numbers."""
    if not np.iscomplexobj(values):
        return values
    part = values.real.dtype
    records = np.zeros(values.shape, [("real", part), ("imag", part)])
    records["real"], records["imag"] = values.real, values.imag
    return records
