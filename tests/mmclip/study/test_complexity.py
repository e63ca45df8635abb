"""Tests of the complexity measurement with and without aggregators."""

import pytest

from mmclip.study.complexity import measure_complexity
from mmclip.study.scale import SCALES

pytestmark = pytest.mark.usefixtures("fast_compilation")

TINY = SCALES["miniature"].base


@pytest.mark.parametrize("aggregator", ["attention", "none"])
def test_the_text_side_has_parameters_only_with_aggregators(aggregator):
    """The text encoder is frozen, so the text aggregator is the only part that is trained."""
    found = measure_complexity("small", [*TINY, f"aggregator={aggregator}"], 64)
    assert (found["text"] > 0) == (aggregator == "attention")
    assert found["signal"] > 0
    assert found["latency_s"] > 0
