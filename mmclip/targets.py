"""Targets of the contrastive losses: which pairs of a batch are positive, graded or left out."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from mmclip.settings import OptimizationSettings


class Targets(NamedTuple):
    """Targets of all pairs of signal i and text j.

    Attributes:
        target: 1 or true for positive pairs; 0 or false for negative pairs or, with graded targets,
            the cosine similarity of the two texts [batch, batch].
        kept: pairs that are part of the softmax [batch, batch]; None if all pairs are.
    """

    target: jax.Array
    kept: jax.Array | None = None


def text_similarities(text: jax.Array, settings: OptimizationSettings) -> jax.Array | None:
    """Cosine similarities of the batch's texts, attribute by attribute.

    Args:
        text: attribute embeddings of the texts [batch, attribute, width].
        settings: settings that determine whether the similarities are needed.

    Returns:
        Similarities [attribute, batch, batch], through which no gradient flows; None if no setting
        needs them.
    """
    if not settings.graded_targets and settings.drop_negatives_above == 1:
        return None
    norm = jnp.linalg.norm(text, axis=-1, keepdims=True)
    unit = jax.lax.stop_gradient(text / jnp.maximum(norm, 1e-6))
    return jnp.einsum("iaw,jaw->aij", unit, unit)


def attribute_targets(
    index: int,
    labels: jax.Array,
    sentences: jax.Array,
    similar: jax.Array | None,
    settings: OptimizationSettings,
) -> Targets:
    """Compute the targets of the loss of one attribute.

    Args:
        index: index of the attribute.
        labels: label index of each window [batch].
        sentences: sentence index of each window and attribute [batch, attribute].
        similar: result of `text_similarities`.
        settings: settings that define positive pairs, graded targets and omitted pairs.
    """
    kinds = {"label": labels, "sentence": sentences[:, index], "first_sentence": sentences[:, 0]}
    same = _same(kinds[settings.attribute_target])
    return _targets(same, None if similar is None else similar[index], settings)


def class_targets(
    labels: jax.Array,
    sentences: jax.Array,
    similar: jax.Array | None,
    settings: OptimizationSettings,
) -> Targets:
    """Targets of the class loss; the similarity of two classes is the mean over their attributes.

    The arguments are those of `attribute_targets`.
    """
    kinds = {"label": labels, "first_sentence": sentences[:, 0]}
    same = _same(kinds[settings.class_target])
    return _targets(same, None if similar is None else similar.mean(axis=0), settings)


def _same(values: jax.Array) -> jax.Array:
    return values[:, None] == values[None, :]


def _targets(same: jax.Array, similar: jax.Array | None, settings: OptimizationSettings) -> Targets:
    if similar is None:
        return Targets(same)
    target = jnp.where(same, 1.0, similar) if settings.graded_targets else same
    if settings.drop_negatives_above == 1:
        return Targets(target)
    return Targets(target, same | (similar <= settings.drop_negatives_above))
