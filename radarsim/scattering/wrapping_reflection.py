"""Base class of reflection models that change the weights of another model, which they wrap.

A model may be wrapped several times, for example by antenna patterns and by the delay of the echo.
This module does not import `ReflectionModel`, so that every reflection model can use it.
"""

from typing import Any

from radarsim.radar.radar import Radar
from radarsim.scene.mesh import Faces


class WrappingReflection:
    """Base class of reflection models that take some members from another model.

    Attributes:
        model: the wrapped reflection model.
    """

    model: Any

    @property
    def lobe_rad(self):
        """Return the width of the model's lobe [rad]; antenna patterns are wider."""
        return self.model.lobe_rad

    def reflectivity_at(self, radar: Radar) -> float:
        """Amplitude factor of the model's surface."""
        return self.model.reflectivity_at(radar)

    def scatterers(self, vertices_m, faces, picked=None) -> Faces:
        """Scatterers of the model."""
        return self.model.scatterers(vertices_m, faces, picked)


def innermost(model):
    """Return the reflection model of the surface itself, without the models that wrap it."""
    while isinstance(model, WrappingReflection):
        model = model.model
    return model
