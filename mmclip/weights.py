"""A model's variables as a flat dictionary by path: what is trained, kept and released."""

import jax
from flax import nnx

from mmclip.lora import LoraParam

Flat = dict[str, jax.Array]
KINDS = {"base": nnx.Param, "lora": LoraParam}


def take_apart(model: nnx.Module) -> tuple[nnx.GraphDef, dict[str, Flat]]:
    """A model as its structure and its variables by kind: "base" and "lora"."""
    graph, base, lora = nnx.split(model, nnx.Param, LoraParam)
    return graph, {"base": _flat(base), "lora": _flat(lora)}


def put_together(graph: nnx.GraphDef, variables: dict[str, Flat]) -> nnx.Module:
    """The model that `take_apart` took apart."""
    states = [
        nnx.from_flat_state({_path(name): KINDS[kind](value) for name, value in flat.items()})
        for kind, flat in variables.items()
    ]
    return nnx.merge(graph, *states)


def _flat(state: nnx.State) -> Flat:
    return {"/".join(map(str, path)): each.get_value() for path, each in nnx.to_flat_state(state)}


def _path(name: str) -> tuple:
    return tuple(int(part) if part.isdigit() else part for part in name.split("/"))
