"""Build backend for pip: setuptools, with editable installs that other folders cannot hide.

The folder of a clone is often named radarsim, like the package in it. To a script that runs beside
it, such a folder without `__init__.py` is a namespace package. Setuptools' default editable install
loses against it: `import radarsim` succeeds, but the package has no attributes. Its mode "compat"
adds the clone to the import path instead, where a regular package wins over a namespace package.
"""

from setuptools import build_meta
from setuptools.build_meta import *  # noqa: F403  (every other hook is that of setuptools)


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    """Call the setuptools hook, in the mode "compat" unless another one is requested."""
    settings = {"editable_mode": "compat"} | (config_settings or {})
    return build_meta.build_editable(wheel_directory, settings, metadata_directory)
