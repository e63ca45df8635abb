"""Contrastive losses between signal and text embeddings of unit length.

A label can occur several times in a batch, so the positive pairs are given as a matrix:
positive[i, j] is true if signal i and text j have the same label (or sentence).
"""

import jax
import jax.numpy as jnp

from mmclip.model import Embeddings
from mmclip.settings import OptimizationSettings


def symmetric_kl(
    signal: jax.Array, text: jax.Array, positive: jax.Array, scale, sharpness: float = 10.0
) -> jax.Array:
    """Mean of KL(p, q) over rows and over columns (equation 7 of the paper).

    q is the softmax of scale times the cosine similarities, and p is the softmax of sharpness times
    `positive`. The minimum is 0.

    Args:
        signal, text: embeddings of unit length [batch, width].
        positive: positive pairs [batch, batch].
        scale: inverse of the softmax temperature.
        sharpness: logit of a positive pair in the target distribution.

    Returns:
        Scalar loss.
    """
    logits, target = scale * signal @ text.T, sharpness * positive.astype(jnp.float32)
    return (_kl(target, logits) + _kl(target.T, logits.T)) / 2


def cross_entropy(signal: jax.Array, text: jax.Array, scale) -> jax.Array:
    """Cross-entropy of classifying each signal as its own text in the batch (equations 3 and 4)."""
    logits = scale * signal @ text.T
    return -jnp.mean(jnp.diagonal(jax.nn.log_softmax(logits, axis=1)))


def cosine(signal: jax.Array, text: jax.Array) -> jax.Array:
    """Mean of one minus the cosine similarity of corresponding pairs, without negative pairs."""
    return jnp.mean(1 - jnp.sum(signal * text, axis=-1))


def mean_square(signal: jax.Array, text: jax.Array) -> jax.Array:
    """Mean squared difference of corresponding pairs, without negative pairs."""
    return jnp.mean(jnp.square(signal - text))


def contrastive_loss(
    signal: jax.Array, text: jax.Array, positive: jax.Array, scale, settings: OptimizationSettings
) -> jax.Array:
    """The loss selected by the settings, for signals and texts [batch, width]."""
    if settings.loss == "kl":
        return symmetric_kl(signal, text, positive, scale, settings.target_sharpness)
    if settings.loss == "cross_entropy":
        return cross_entropy(signal, text, scale)
    return {"cosine": cosine, "mse": mean_square}[settings.loss](signal, text)


def total_loss(
    signal: Embeddings,
    text: Embeddings,
    labels: jax.Array,
    sentences: jax.Array,
    scale,
    settings: OptimizationSettings,
) -> tuple[jax.Array, dict[str, jax.Array]]:
    """Weighted sum of the mean attribute loss and the class loss (equation 5 of the paper).

    Args:
        signal, text: embeddings of the batch.
        labels: label index of each window [batch].
        sentences: sentence index of each window and attribute [batch, attribute].
        scale: inverse of the softmax temperature.
        settings: selected losses and their weights.

    Returns:
        The weighted sum, and its two terms by name.
    """
    same_label = labels[:, None] == labels[None, :]
    by_sentence = settings.attribute_target == "sentence"
    losses = []
    for index in range(sentences.shape[1]):
        same_sentence = sentences[:, index, None] == sentences[None, :, index]
        positive = same_sentence if by_sentence else same_label
        pair = signal.attributes[:, index], text.attributes[:, index]
        losses.append(contrastive_loss(*pair, positive, scale, settings))
    attribute_loss = jnp.mean(jnp.stack(losses))
    class_loss = contrastive_loss(signal.activity, text.activity, same_label, scale, settings)
    total = settings.attribute_weight * attribute_loss + settings.class_weight * class_loss
    return total, {"attribute_loss": attribute_loss, "class_loss": class_loss}


def _kl(target: jax.Array, logits: jax.Array) -> jax.Array:
    """KL divergence sum p (log p - log q) of each row, averaged over rows."""
    log_p, log_q = jax.nn.log_softmax(target, axis=1), jax.nn.log_softmax(logits, axis=1)
    return jnp.mean(jnp.sum(jnp.exp(log_p) * (log_p - log_q), axis=1))
