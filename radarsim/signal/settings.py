"""What to simulate, how, and how exactly."""

from dataclasses import dataclass, replace

import jax

from radarsim.scattering.reflection import REFLECTIONS
from radarsim.signal.error_budget import MODES_DB, Accuracy

METHODS = (*MODES_DB, "plain")
VISIBILITIES = ("occlusion", "hpr", "facing", "none")


@jax.tree_util.register_static
@dataclass(frozen=True, kw_only=True)
class Settings:
    """What to simulate and how; static, one compilation each.

    Attributes:
        method: "accurate" (-80 dB from 2 m on, -70 dB at 1 m), "fast" (-60 dB), or "plain" for the
            float64 sum over every sample (minutes per frame), against which these are errors.
        error_db: another error to aim at than the method's [dB]; None for the method's.
        reflection: "paper" (quasi-specular lobes, anchored in level) or "body" (curved facets with
            a level and a phase of their own, gaussian_facets.py).
        visibility: "occlusion" (on the device), "hpr" (the paper's hidden point removal),
            "facing" (no occlusion) or "none" (every face, both sides).
        visibility_blocks: times per burst that it is evaluated, faded in between.
        cull: faces weaker than this times the strongest are dropped, 0 for none; None for what the
            error allows.
        residual_video_phase: keep the phase -S tau^2 / 2.
        thermal_noise: add the receiver's noise.
        quantise: round to the steps of the ADC.
        num_nodes: Chebyshev times per burst at which a body is posed; None for what the error
            asks for.
    """

    method: str = "accurate"
    error_db: float | None = None
    reflection: str = "paper"
    visibility: str = "occlusion"
    visibility_blocks: int = 1
    cull: float | None = None
    residual_video_phase: bool = True
    thermal_noise: bool = True
    quantise: bool = True
    num_nodes: int | None = None

    @property
    def echo(self) -> "Settings":
        """The same as far as the echo goes: what the receiver adds must not compile it again."""
        return replace(self, thermal_noise=False, quantise=False)

    @property
    def accuracy(self) -> Accuracy:
        """What the fast sum aims at."""
        mode = "accurate" if self.method == "plain" else self.method
        return Accuracy(MODES_DB[mode] if self.error_db is None else self.error_db)

    @property
    def threshold(self) -> float:
        """Faces weaker than this times the strongest are dropped."""
        return self.accuracy.cull if self.cull is None else self.cull

    @property
    def nodes(self) -> int:
        """Times per burst at which a body is posed."""
        return self.accuracy.num_nodes if self.num_nodes is None else self.num_nodes

    def __post_init__(self):
        choices = (
            ("method", METHODS),
            ("reflection", REFLECTIONS),
            ("visibility", VISIBILITIES),
        )
        for name, known in choices:
            if getattr(self, name) not in known:
                raise ValueError(
                    f"Settings.{name} is {getattr(self, name)!r}; known: {', '.join(known)}"
                )
        if not (self.visibility_blocks >= 1 and self.nodes >= 2 and 0 <= self.threshold < 1):
            raise ValueError(
                f"Settings: visibility_blocks {self.visibility_blocks} must be at least 1, "
                f"num_nodes {self.nodes} at least 2, cull {self.threshold:g} in [0, 1)"
            )
