"""Settings of a simulation: method, requested error, visibility and receiver."""

from dataclasses import dataclass, replace

import jax

from radarsim.checks import check_choice, check_flag, store_number, store_whole
from radarsim.errors import InputError
from radarsim.signal.error_budget import MODES_DB, MOST_NODES, ErrorBudget

METHODS = (*MODES_DB, "exact")
VISIBILITIES = ("occlusion", "hpr", "facing", "none")
_CULL_HINT = "give an amplitude ratio in [0, 1), such as 1e-4"


@jax.tree_util.register_static
@dataclass(frozen=True, kw_only=True)
class SimulationSettings:
    """Settings of a simulation; static, so each set is compiled once.

    Attributes:
        method: "accurate" (error of -80 dB at 2 m and beyond, -70 dB at 1 m), "fast" (-60 dB), or
            "exact" for the float64 sum over every sample (minutes per frame), to which the errors
            refer.
        error_db: requested error [dB]; None for the error of the method.
        visibility: "occlusion" (on the device), "hpr" (the paper's hidden point removal),
            "facing" (no occlusion) or "none" (every face, both sides).
        visibility_blocks: number of visibility tests per burst; visibility is interpolated between
            tests.
        cull: amplitude relative to the strongest face below which faces are dropped; 0 drops none,
            None drops as many as the error allows.
        residual_video_phase: whether to keep the phase -S tau^2 / 2.
        thermal_noise: whether to add the receiver's noise.
        quantise: whether to round to the steps of the ADC.
        num_nodes: Chebyshev nodes per burst at which a body is posed, 2 to 12 (any number for the
            exact sum); None for the number that the error requires.
    """

    method: str = "accurate"
    error_db: float | None = None
    visibility: str = "occlusion"
    visibility_blocks: int = 1
    cull: float | None = None
    residual_video_phase: bool = True
    thermal_noise: bool = True
    quantise: bool = True
    num_nodes: int | None = None

    @property
    def without_receiver(self) -> "SimulationSettings":
        """Settings without noise or quantisation, so that these options cause no recompilation."""
        return replace(self, thermal_noise=False, quantise=False)

    @property
    def error_budget(self) -> ErrorBudget:
        """Target error of the fast sum and the parameters that follow from it."""
        mode = "accurate" if self.method == "exact" else self.method
        return ErrorBudget(MODES_DB[mode] if self.error_db is None else self.error_db)

    @property
    def cull_ratio(self) -> float:
        """Amplitude relative to the strongest face below which faces are dropped."""
        return self.error_budget.cull_ratio if self.cull is None else self.cull

    @property
    def nodes(self) -> int:
        """Chebyshev nodes per burst at which a body is posed."""
        return self.error_budget.num_nodes if self.num_nodes is None else self.num_nodes

    def __post_init__(self):
        for name, known in (("method", METHODS), ("visibility", VISIBILITIES)):
            check_choice("SimulationSettings", name, getattr(self, name), known)
        for name in ("residual_video_phase", "thermal_noise", "quantise"):
            check_flag("SimulationSettings", name, getattr(self, name))
        store_whole(self, "visibility_blocks")
        if self.num_nodes is not None:
            store_whole(self, "num_nodes", at_least=2)
            self._check_most_nodes()
        if self.error_db is not None:
            store_number(self, "error_db", "dB", hint="give decibels, such as -80")
        if self.cull is not None:
            store_number(self, "cull", at_least=0.0, hint=_CULL_HINT)
        if not self.cull_ratio < 1:
            raise InputError(
                "SimulationSettings", "cull", f"is {self.cull_ratio:g}; must be below 1", _CULL_HINT
            )

    def _check_most_nodes(self):
        if self.method != "exact" and self.num_nodes > MOST_NODES:
            problem = f"is {self.num_nodes}; must be at most {MOST_NODES}, because polynomials "
            problem += "through more nodes amplify rounding errors"
            hint = "give fewer nodes or shorter bursts, or use method='exact'"
            raise InputError("SimulationSettings", "num_nodes", problem, hint)
