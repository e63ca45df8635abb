# %% [markdown]
# # Build a dataset and read it
#
# `radarsim dataset` writes a Zarr store. Without `--amass` or `--motions`, the motions are built-in activities. On the
# command line, this is `radarsim dataset --out tutorial.zarr --limit 4 --clip-seconds 3 --if-cubes off`.

# %%
import tempfile
from pathlib import Path

from builders import amass

store_path = str(Path(tempfile.mkdtemp(), "tutorial.zarr"))
options = ["--limit", "4", "--clip-seconds", "3", "--if-cubes", "off", "--workers", "1", "--quiet"]
_ = amass.main(["--out", store_path, *options])

# %% [markdown]
# Any tool that supports Zarr can read the store, for example xarray.

# %%
import matplotlib.pyplot as plt
import xarray as xr

store = xr.open_zarr(store_path)
store

# %%
clip = store.isel(clip=0)
clip.time_doppler.plot(x="time", vmin=0, vmax=40)
plt.show()

# %% [markdown]
# Labels, captions, placements and splits are Parquet tables.

# %%
import pyarrow.parquet as pq

clips = pq.read_table(f"{store_path}/tables/clips").to_pylist()
segments = pq.read_table(f"{store_path}/tables/segments").to_pylist()
captions = {
    row["id"]: row["text"] for row in pq.read_table(f"{store_path}/tables/captions").to_pylist()
}
for row in clips:
    own = [each for each in segments if each["row"] == row["row"] and each["kind"] == "label"]
    print(row["subject"], row["split"], f"{row['distance_m']:.2f} m:", captions[own[0]["caption"]])

# %% [markdown]
# PyTorch reads stores by the class in `examples/torch_dataset.py`, which needs nothing of this package. Copy the file next
# to your script:
#
# <!-- not run: PyTorch is not part of this environment; tests/oracle/test_torch_example.py runs the example -->
# ```python
# from torch.utils.data import DataLoader
# from torch_dataset import RadarWindowDataset
#
# windows = RadarWindowDataset("tutorial.zarr", split="train", num_columns=224)
# for maps, labels in DataLoader(windows, batch_size=2, shuffle=True):
#     print(maps["time_doppler"].shape, [windows.labels[label] for label in labels])
# ```
#
# `examples/jax_dataset.py` reads batches for JAX.
