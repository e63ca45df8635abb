"""Losses between vectors of signals and of texts, all of unit length.

A batch repeats labels, so "the same" is a matrix: same[i, j] tells whether signal i and text j
belong together.
"""

import jax
import jax.numpy as jnp

from mmclip.config import Train
from mmclip.model import Embeddings


def symmetric_kl(
    signal: jax.Array, text: jax.Array, same: jax.Array, scale, sharpness: float = 10.0
) -> jax.Array:
    """Mean of KL(p, q) over rows and over columns (equation 7).

    q is the softmax of scale times the cosines, p that of sharpness times `same`; the floor is 0.

    Args:
        signal, text: [batch, width].
        same: [batch, batch], true where they belong together.
        scale: one over the temperature.
        sharpness: of the target.

    Returns:
        One number.
    """
    logits, target = scale * signal @ text.T, sharpness * same.astype(jnp.float32)
    return (_kl(target, logits) + _kl(target.T, logits.T)) / 2


def cross_entropy(signal: jax.Array, text: jax.Array, scale) -> jax.Array:
    """Each signal finds its own text among the batch's (equations 3 and 4)."""
    logits = scale * signal @ text.T
    return -jnp.mean(jnp.diagonal(jax.nn.log_softmax(logits, axis=1)))


def cosine(signal: jax.Array, text: jax.Array) -> jax.Array:
    """One minus the cosine of what belongs together; nothing is pushed apart."""
    return jnp.mean(1 - jnp.sum(signal * text, axis=-1))


def mean_square(signal: jax.Array, text: jax.Array) -> jax.Array:
    """Mean squared difference of what belongs together; nothing is pushed apart."""
    return jnp.mean(jnp.square(signal - text))


def contrast(
    signal: jax.Array, text: jax.Array, same: jax.Array, scale, settings: Train
) -> jax.Array:
    """The loss that the settings name, of [batch, width] against [batch, width]."""
    if settings.loss == "kl":
        return symmetric_kl(signal, text, same, scale, settings.target_sharpness)
    if settings.loss == "cross_entropy":
        return cross_entropy(signal, text, scale)
    return {"cosine": cosine, "mse": mean_square}[settings.loss](signal, text)


def total_loss(
    signal: Embeddings,
    text: Embeddings,
    labels: jax.Array,
    sentences: jax.Array,
    scale,
    settings: Train,
) -> tuple[jax.Array, dict[str, jax.Array]]:
    """Weighted sum of the attributes' mean loss and the class loss (equation 5).

    Args:
        signal, text: of the batch.
        labels: number of each window's label [batch].
        sentences: number of each window's sentence for each part [batch, part].
        scale: one over the temperature.
        settings: losses and weights.

    Returns:
        The sum, and its two terms by name.
    """
    same = labels[:, None] == labels[None, :]
    by_part = []
    for part in range(sentences.shape[1]):
        said = sentences[:, part]
        alike = said[:, None] == said[None, :] if settings.attribute_target == "sentence" else same
        by_part.append(contrast(signal.parts[:, part], text.parts[:, part], alike, scale, settings))
    attribute = jnp.mean(jnp.stack(by_part))
    whole = contrast(signal.whole, text.whole, same, scale, settings)
    total = settings.attribute_weight * attribute + settings.class_weight * whole
    return total, {"attribute_loss": attribute, "class_loss": whole}


def _kl(target: jax.Array, logits: jax.Array) -> jax.Array:
    """Mean over rows of sum p (log p - log q)."""
    log_p, log_q = jax.nn.log_softmax(target, axis=1), jax.nn.log_softmax(logits, axis=1)
    return jnp.mean(jnp.sum(jnp.exp(log_p) * (log_p - log_q), axis=1))
