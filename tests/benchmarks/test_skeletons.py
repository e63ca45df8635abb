"""Map correlation of the skeleton benchmark."""

import numpy as np
import pytest

from benchmarks.skeletons import correlation


def test_correlation_is_one_for_equal_maps_and_ignores_noise():
    """Cells below 6 dB in both maps do not count, and a common offset does not matter."""
    rng = np.random.default_rng(0)
    one_db = rng.normal(0, 1, (40, 30))
    one_db[10:20, 5:15] += 20 + 5 * rng.normal(size=(10, 10))
    other_db = np.where(one_db > 6, one_db, rng.normal(0, 1, one_db.shape))
    assert correlation(one_db, other_db) == pytest.approx(1.0)
    assert correlation(one_db, one_db + 3) > 0.9
    shuffled = rng.permutation(one_db.ravel()).reshape(one_db.shape)
    assert abs(correlation(one_db, shuffled)) < 0.9


def test_maps_without_any_echo_have_no_correlation():
    assert np.isnan(correlation(np.zeros((4, 4)), np.zeros((4, 4))))
