"""A model split into its structure and flat dictionaries of variables, keyed by path."""

from dataclasses import dataclass

import jax
from flax import nnx

from mmclip.lora import LoraParam

Variables = dict[str, jax.Array]
VARIABLE_TYPES = {"base": nnx.Param, "lora": LoraParam}


@dataclass(frozen=True)
class SplitModel:
    """A model as structure and variables, for pure functions, and the kind of variables to train.

    Attributes:
        graph: structure of the model.
        variables: variables keyed by kind ("base" or "lora"), then by path.
        trained: kind of variables that is trained; the other kind is frozen.
    """

    graph: nnx.GraphDef
    variables: dict[str, Variables]
    trained: str = "base"

    @property
    def frozen(self) -> str:
        """The kind of variables that is not trained."""
        return {"base": "lora", "lora": "base"}[self.trained]

    @property
    def num_trained(self) -> int:
        """Number of trained parameters."""
        return sum(value.size for value in self.variables[self.trained].values())


def split_model(model: nnx.Module, trained: str = "base") -> SplitModel:
    """Split a model into structure and variables.

    Args:
        model: the model.
        trained: kind of variables to train, "base" or "lora".
    """
    graph, base, lora = nnx.split(model, nnx.Param, LoraParam)
    return SplitModel(graph, {"base": _flatten(base), "lora": _flatten(lora)}, trained)


def join_model(graph: nnx.GraphDef, variables: dict[str, Variables]) -> nnx.Module:
    """Rebuild a model from its structure and its variables; the inverse of `split_model`."""
    states = [
        nnx.from_flat_state(
            {_path(name): VARIABLE_TYPES[kind](value) for name, value in values.items()}
        )
        for kind, values in variables.items()
    ]
    return nnx.merge(graph, *states)


def _flatten(state: nnx.State) -> Variables:
    return {
        "/".join(map(str, path)): variable.get_value()
        for path, variable in nnx.to_flat_state(state)
    }


def _path(name: str) -> tuple:
    return tuple(int(part) if part.isdigit() else part for part in name.split("/"))
