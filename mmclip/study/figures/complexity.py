"""Section 5.6: parameters, operations and latency of the network."""

from mmclip.study.figure import Figure, Plan
from mmclip.study.nodes import make_node

WIDTHS = {"minilm": 384, "hash": 64}


def figure(plan: Plan) -> Figure:
    """Measure the networks of the study and of the preset `paper` on this machine."""
    scale, width = plan.arms.scale, WIDTHS.get(plan.arms.encoder, 0)
    tables = {
        f"preset {scale.preset} of this study": make_node(
            "complexity",
            "complexity",
            30.0,
            preset=scale.preset,
            overrides=list(scale.base),
            encoder_width=width,
        )
    }
    if scale.paper_network:
        tables["preset paper"] = make_node(
            "complexity",
            "complexity of the preset paper",
            60.0,
            preset="paper",
            overrides=[],
            encoder_width=0,
        )
    return Figure(
        "5.6",
        "System complexity and latency",
        "5.6",
        tables=tables,
        notes=(
            "The paper states 16 M parameters of the signal side, 4 M of the text side, 500 K with "
            "LoRA, and a latency of 7 ms on an NVIDIA A6000.",
        ),
    )
