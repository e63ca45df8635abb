"""The programs that are planned: simulation of clips, and a training step of mmCLIP."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from benchmarks.gpu_plan.cards import CARDS, Card
from benchmarks.gpu_plan.charges import StageOf
from benchmarks.gpu_plan.source_lines import simulation_stage, training_stage

# Frames of a clip; one compiled program simulates any number of clips.
CLIP_FRAMES = 32
# Share of a card's memory that JAX may use by default.
JAX_SHARE = 0.75
# Bins of a stored heatmap, width of a text embedding, and number of sentences in a training run;
# the last two hardly change the plan.
WINDOW_BINS = 256
TEXT_WIDTH = 512
NUM_SENTENCES = 512


@dataclass(frozen=True)
class Program:
    """Functions to be planned, which a call runs one after the other.

    Attributes:
        name: name in reports.
        parts: functions with their arguments or the shapes of the arguments.
        example: arguments of the first function for counting the iterations of loops.
        stage_of: function that returns the stage of an instruction.
        items: number of frames or windows of one call.
        item: "frame" or "window".
        compiler_options: options of XLA.
    """

    name: str
    parts: tuple[tuple[Callable, tuple], ...]
    example: tuple | None
    stage_of: StageOf
    items: int
    item: str
    compiler_options: tuple[tuple[str, Any], ...] = ()


class Simulation:
    """Clips of the free body that walks 2.5 m in front of the paper's board, in accurate mode."""

    def __init__(self, radar=None, body=None, clip_frames: int = CLIP_FRAMES):
        """Pose a clip and find its array sizes; the default radar is the paper's board."""
        from benchmarks.method_speeds import heatmap_settings
        from benchmarks.scenes import BenchmarkScene
        from radarsim.posed_clip import stack_clips
        from radarsim.radar.boards import BOARDS, DEFAULT_BOARD

        self.radar = BOARDS[DEFAULT_BOARD] if radar is None else radar
        self.settings = heatmap_settings()
        scene = BenchmarkScene(self.radar, clip_frames, 2.5, 0.35, body=body)
        self.clip_frames, self.bodies = clip_frames, (scene.body,)
        self.clips = stack_clips([scene.clip()])
        self.sizes = self._sizes()

    def _sizes(self):
        import jax

        from radarsim.scene.scene import skin_scene
        from radarsim.signal.face_selection import select_faces, sizes_of_selection

        first = jax.tree.map(lambda part: part[0], self.clips)
        mesh, faces = skin_scene(self.bodies, first.posed)
        selection = select_faces(self.radar, self.settings, first.reflection, mesh, faces)
        return sizes_of_selection(
            self.radar, self.settings, self.clips.reflection, selection.required
        )

    def frames_per_batch(self, card: Card) -> int:
        """Number of frames that the card simulates at a time."""
        from radarsim.frame_batches import frames_per_batch

        num_faces = sum(len(body.faces) for body in self.bodies)
        return frames_per_batch(self.radar, num_faces, int(JAX_SHARE * card.memory_bytes))

    def program(self, frames: int, heatmaps: bool, card: Card = CARDS["h100"]) -> Program:
        """Return the program that simulates the frames on a card, rounded up to whole clips."""
        from radarsim.batch import _simulate_clips
        from radarsim.heatmaps.settings import PAPER_MAPS

        static = self.radar, self.settings, PAPER_MAPS if heatmaps else None, self.sizes
        count = max(1, -(-frames // self.clip_frames))
        at_once = min(count * self.clip_frames, self.frames_per_batch(card))
        return Program(
            name="poses to heatmaps" if heatmaps else "poses to IF cubes",
            parts=(
                (
                    partial(_simulate_clips.__wrapped__, *static, batch_frames=at_once),
                    (self.bodies, stacked_shapes(self.clips, count)),
                ),
            ),
            example=(self.bodies, self.clips),
            stage_of=simulation_stage,
            items=count * self.clip_frames,
            item="frame",
        )


def stacked_shapes(clips: Any, count: int) -> Any:
    """Shapes of `count` clips along the first axis, given one clip."""
    import jax

    from benchmarks.gpu_plan.accelerator import shapes_of

    return jax.tree.map(
        lambda one: jax.ShapeDtypeStruct((count, *one.shape[1:]), one.dtype), shapes_of(clips)
    )


def training_step(batch: int, preset: str = "paper", overrides: tuple[str, ...] = ()) -> Program:
    """A training step of mmCLIP in bfloat16: preparation of a batch, then the update."""
    import jax
    import jax.numpy as jnp
    from flax import nnx

    from mmclip.model import make_model
    from mmclip.model_variables import split_model
    from mmclip.presets import load_preset
    from mmclip.training_step import make_preparation, make_update, start_state

    settings = load_preset(preset, ["dtype=bfloat16", *overrides])
    split = split_model(nnx.eval_shape(lambda: make_model(settings.model, TEXT_WIDTH, 0)))
    state = jax.eval_shape(lambda: start_state(_zeros(split), settings.train))
    shape = jax.ShapeDtypeStruct
    window = shape((batch, settings.model.size, WINDOW_BINS), jnp.float16)
    maps = dict.fromkeys(settings.model.heatmaps, window)
    prepare = make_preparation(settings)
    step = shape((), jnp.int32)
    inputs = jax.eval_shape(prepare, step, maps)
    labels = shape((batch,), jnp.int32)
    sentences = shape((batch, len(settings.model.parts)), jnp.int32)
    vectors = shape((NUM_SENTENCES, TEXT_WIDTH), jnp.float32)

    def update(vectors, *arguments):
        return make_update(split, vectors, settings)(*arguments)

    return Program(
        name=f"training step, {preset}",
        parts=((prepare, (step, maps)), (update, (vectors, state, inputs, labels, sentences))),
        example=None,
        stage_of=training_stage,
        items=batch,
        item="window",
        # Without a GPU on which tile sizes can be timed, XLA finds no tile size for some products
        # in bfloat16, so a library multiplies these matrices. On a GPU, XLA times both methods and
        # uses the faster one.
        compiler_options=(("xla_gpu_enable_triton_gemm", False),),
    )


def _zeros(split):
    """The model with zeros for its variables, which may be shapes."""
    from dataclasses import replace

    import jax
    import jax.numpy as jnp

    return replace(
        split, variables=jax.tree.map(lambda v: jnp.zeros(v.shape, v.dtype), split.variables)
    )
