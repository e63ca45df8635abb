"""Contrastive losses between signal and text embeddings.

The embeddings have unit length, except for the loss `mse_unnormalised`. A label can occur several
times in a batch, so the positive pairs are given as a matrix: target[i, j] is 1 if signal i and
text j have the same label (or sentence), and 0 if not; graded targets also have values in between.
`targets.py` builds these matrices.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from mmclip.model import Embeddings
from mmclip.settings import OptimizationSettings
from mmclip.targets import Targets, attribute_targets, class_targets, text_similarities

# Logit of a pair that is left out of a softmax; in float32, the pair has the probability 0.
LEFT_OUT = -1e9


def kl_loss(
    signal: jax.Array,
    text: jax.Array,
    positive: jax.Array,
    scale,
    sharpness: float = 10.0,
    direction: str = "both",
    kept: jax.Array | None = None,
) -> jax.Array:
    """Mean of KL(p, q) over rows and over columns (equation 7 of the paper).

    q is the softmax of scale times the cosine similarities, and p is the softmax of sharpness times
    `positive`. The minimum is 0.

    Args:
        signal, text: embeddings of unit length [batch, width].
        positive: positive pairs, or targets from 0 to 1 [batch, batch].
        scale: inverse of the softmax temperature.
        sharpness: logit of a positive pair in the target distribution.
        direction: "both", or "signal" for the mean over rows only.
        kept: pairs that are part of the softmax [batch, batch]; default: all.

    Returns:
        Scalar loss.
    """
    logits = _only(kept, scale * signal @ text.T)
    target = _only(kept, sharpness * positive.astype(jnp.float32))
    return _mean_over_directions(_kl, direction, target, logits)


def cross_entropy(
    signal: jax.Array,
    text: jax.Array,
    scale,
    direction: str = "signal",
    kept: jax.Array | None = None,
) -> jax.Array:
    """Cross-entropy of classifying each signal as its own text in the batch (equations 3 and 4).

    Args:
        signal, text: embeddings of unit length [batch, width].
        scale: inverse of the softmax temperature.
        direction: "signal", or "both" for the mean with the loss of classifying each text as its
            own signal.
        kept: pairs that are part of the softmax [batch, batch]; default: all.

    Returns:
        Scalar loss.
    """
    logits = _only(kept, scale * signal @ text.T)
    return _mean_over_directions(_own_pair, direction, logits)


def cosine(signal: jax.Array, text: jax.Array) -> jax.Array:
    """Mean of one minus the cosine similarity of corresponding pairs, without negative pairs."""
    return jnp.mean(1 - jnp.sum(signal * text, axis=-1))


def mean_square(signal: jax.Array, text: jax.Array) -> jax.Array:
    """Mean squared difference of corresponding pairs, without negative pairs.

    For vectors of unit length, this loss equals the cosine loss times 2 / width.
    """
    return jnp.mean(jnp.square(signal - text))


def contrastive_loss(
    signal: jax.Array, text: jax.Array, targets: Targets, scale, settings: OptimizationSettings
) -> jax.Array:
    """Compute the loss that the settings select, for signals and texts [batch, width]."""
    if settings.loss == "kl":
        options = settings.target_sharpness, settings.kl_direction, targets.kept
        return kl_loss(signal, text, targets.target, scale, *options)
    if settings.loss == "cross_entropy":
        direction = settings.cross_entropy_direction
        return cross_entropy(signal, text, scale, direction, targets.kept)
    return cosine(signal, text) if settings.loss == "cosine" else mean_square(signal, text)


def total_loss(
    signal: Embeddings,
    text: Embeddings,
    labels: jax.Array,
    sentences: jax.Array,
    scale,
    settings: OptimizationSettings,
) -> tuple[jax.Array, dict[str, jax.Array]]:
    """Weighted sum of the attribute loss and the class loss (equation 5 of the paper).

    Args:
        signal, text: embeddings of the batch.
        labels: label index of each window [batch].
        sentences: sentence index of each window and attribute [batch, attribute].
        scale: inverse of the softmax temperature.
        settings: selected losses and their weights.

    Returns:
        The weighted sum, and its terms keyed by name.
    """
    similar = text_similarities(text.attributes, settings)
    losses = []
    for index in range(sentences.shape[1]):
        targets = attribute_targets(index, labels, sentences, similar, settings)
        pair = signal.attributes[:, index], text.attributes[:, index]
        losses.append(contrastive_loss(*pair, targets, scale, settings))
    reduce = {"mean": jnp.mean, "sum": jnp.sum}[settings.attribute_reduction]
    attribute_loss = reduce(jnp.stack(losses))
    of_class = class_targets(labels, sentences, similar, settings)
    class_loss = contrastive_loss(signal.activity, text.activity, of_class, scale, settings)
    total = settings.attribute_weight * attribute_loss + settings.class_weight * class_loss
    terms = {"attribute_loss": attribute_loss, "class_loss": class_loss}
    for name, (weight, loss) in _optional_terms(signal, text, of_class, scale, settings).items():
        terms[name], total = loss, total + weight * loss
    return total, terms


def part_score_loss(
    signal: jax.Array, text: jax.Array, targets: Targets, scale, settings: OptimizationSettings
) -> jax.Array:
    """Class loss whose score is the mean similarity over the attributes.

    The dot product of concatenated attributes, each divided by the square root of their number, is
    the mean of the attributes' dot products.

    Args:
        signal, text: attribute embeddings [batch, attribute, width].
        targets: targets of the class.
        scale: inverse of the softmax temperature.
        settings: settings that select the loss.
    """
    joined = [x.reshape(len(x), -1) / jnp.sqrt(x.shape[1]) for x in (signal, text)]
    return contrastive_loss(*joined, targets, scale, settings)


def window_pair_loss(activity: jax.Array) -> jax.Array:
    """One minus the cosine similarity between two windows of a clip, averaged over the batch.

    Args:
        activity: activity embeddings [batch, width]; windows i and i + batch / 2 belong to one
            clip.
    """
    unit = activity * jax.lax.rsqrt(jnp.square(activity).sum(-1, keepdims=True))
    return cosine(*jnp.split(unit, 2))


def _optional_terms(
    signal: Embeddings, text: Embeddings, targets: Targets, scale, settings: OptimizationSettings
) -> dict[str, tuple[float, jax.Array]]:
    """Weights and losses of the optional terms whose weight is not 0, keyed by name."""
    terms = {}
    if weight := settings.part_score_weight:
        pair = signal.attributes, text.attributes
        terms["part_score_loss"] = weight, part_score_loss(*pair, targets, scale, settings)
    if weight := settings.window_pair_weight:
        terms["window_pair_loss"] = weight, window_pair_loss(signal.activity)
    return terms


def _mean_over_directions(loss: Callable, direction: str, *matrices: jax.Array) -> jax.Array:
    """Loss over rows (signals), or mean of the losses over rows and over columns."""
    if direction == "signal":
        return loss(*matrices)
    return (loss(*matrices) + loss(*(matrix.T for matrix in matrices))) / 2


def _only(kept: jax.Array | None, logits: jax.Array) -> jax.Array:
    return logits if kept is None else jnp.where(kept, logits, LEFT_OUT)


def _own_pair(logits: jax.Array) -> jax.Array:
    """Cross-entropy of each row with its diagonal element as target, averaged over rows."""
    return -jnp.mean(jnp.diagonal(jax.nn.log_softmax(logits, axis=1)))


def _kl(target: jax.Array, logits: jax.Array) -> jax.Array:
    """KL divergence sum p (log p - log q) of each row, averaged over rows."""
    log_p, log_q = jax.nn.log_softmax(target, axis=1), jax.nn.log_softmax(logits, axis=1)
    return jnp.mean(jnp.sum(jnp.exp(log_p) * (log_p - log_q), axis=1))
