"""Build backend for pip: setuptools, with editable installs that other folders cannot hide.

The folder of a clone is often named radarsim, like the package that it contains. For a script in
the parent folder, the clone is a namespace package, because it has no `__init__.py`. A namespace
package hides the default editable install of setuptools: `import radarsim` succeeds, but the
package has no attributes. The setuptools mode "compat" adds the clone to the import path instead,
where a regular package takes precedence over a namespace package.
"""

from setuptools import build_meta
from setuptools.build_meta import *  # noqa: F403  (every other hook is that of setuptools)


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    """Call the setuptools hook, in the mode "compat" unless another mode is requested."""
    settings = {"editable_mode": "compat"} | (config_settings or {})
    return build_meta.build_editable(wheel_directory, settings, metadata_directory)
