"""A model split into its structure and flat dictionaries of variables, keyed by path."""

from dataclasses import dataclass

import jax
from flax import nnx

from mmclip.lora import LoraParam

Variables = dict[str, jax.Array]
VARIABLE_TYPES = {"base": nnx.Param, "lora": LoraParam}


@dataclass(frozen=True)
class SplitModel:
    """A model split into structure and variables, with a selection of trained variables.

    Attributes:
        graph: structure of the model.
        variables: variables keyed by kind ("base" or "lora"), then by path.
        trained: kind of variables that is trained; the other kind is frozen.
        also_trained: components whose variables are trained regardless of their kind.
    """

    graph: nnx.GraphDef
    variables: dict[str, Variables]
    trained: str = "base"
    also_trained: tuple[str, ...] = ()

    @property
    def trained_variables(self) -> Variables:
        """The variables that are trained, keyed by path."""
        return self._select(trained=True)

    @property
    def frozen_variables(self) -> Variables:
        """The variables that are not trained, keyed by path."""
        return self._select(trained=False)

    @property
    def num_trained(self) -> int:
        """Number of trained parameters."""
        return sum(value.size for value in self.trained_variables.values())

    def _select(self, trained: bool) -> Variables:
        return {
            path: value
            for kind, values in self.variables.items()
            for path, value in values.items()
            if (kind == self.trained or path.split("/")[0] in self.also_trained) == trained
        }


def split_model(
    model: nnx.Module, trained: str = "base", also_trained: tuple[str, ...] = ()
) -> SplitModel:
    """Split a model into structure and variables.

    Args:
        model: the model.
        trained: kind of variables to train, "base" or "lora".
        also_trained: components, such as "projection", that are trained in any case.
    """
    graph, base, lora = nnx.split(model, nnx.Param, LoraParam)
    return SplitModel(
        graph, {"base": _flatten(base), "lora": _flatten(lora)}, trained, also_trained
    )


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
