"""The arms of the study: chains of pre-training, fine-tuning and scoring.

The arms have the names of section 5.1.2 of the paper: Tent, Real, Syn, Real+Attr, Syn+Attr,
Syn+Real and full. Unless recordings are given, "Real" stands for the simulated domain that replaces
them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mmclip.study.corpora import Domains
from mmclip.study.node_runs import network_settings
from mmclip.study.nodes import Node, make_node
from mmclip.study.scale import Scale

# Without the attribute module, the label itself is the only text, and the signal has one token.
WITHOUT_ATTRIBUTES = ("parts=general", "describe=label")
# Predicted times [s] of the start of a run (compilation and reading), and of the scorings.
START_S, SCORE_S, FEW_SHOT_S, RFNET_DRAW_S = 40.0, 20.0, 30.0, 15.0


@dataclass(frozen=True)
class Change:
    """Differences between a training run and the default, such as another loss.

    Attributes:
        overrides: overrides of the pre-training settings, which fine-tuning inherits.
        attributes: True if the attribute module is used.
        derange: number of the text permutation in a permutation control; 0 means no permutation.
        removed: seen labels that are removed from the real domain.
        corpus: role of the pre-training corpus.
    """

    overrides: tuple[str, ...] = ()
    attributes: bool = True
    derange: int = 0
    removed: tuple[str, ...] = ()
    corpus: str = "grammar"

    @property
    def text(self) -> str:
        """Short description of the change for titles; "" for the default."""
        parts = [] if self.attributes else ["without attributes"]
        parts += [f"permutation control {self.derange}"] if self.derange else []
        parts += [f"{len(self.removed)} labels removed"] if self.removed else []
        parts += [*self.overrides, *([] if self.corpus == "grammar" else [self.corpus])]
        return "".join(f", {part}" for part in parts)


DEFAULT = Change()


@dataclass(frozen=True)
class Arms:
    """Factory of the study's training and scoring nodes.

    Attributes:
        scale: sizes of the study, such as numbers of seeds and of training steps.
        domains: corpora of the study.
        groups: unseen labels of each group, keyed by the name of the group.
        labels: all labels of the real domain.
        encoder: name of the text encoder.
        scoring, hub_correction: scoring options as in `mmclip.evaluate`; None: scoring as in the
            paper.
    """

    scale: Scale
    domains: Domains
    groups: dict[str, tuple[str, ...]]
    labels: tuple[str, ...]
    encoder: str = "minilm"
    scoring: str | None = None
    hub_correction: str | None = None

    def model(self, arm: str, group: str, seed: int, change: Change = DEFAULT) -> Node:
        """Create the training node of an arm.

        Args:
            arm: name of the arm.
            group: group of labels that are excluded from training.
            seed: random seed.
            change: differences from the default training.
        """
        if arm in ("Tent", "RF-Net"):
            return self.baseline("tent" if arm == "Tent" else "rfnet", group, seed, change)
        attributes = arm in ("Real+Attr", "Syn+Attr", "full") and change.attributes
        changed = replace(change, attributes=attributes)
        if arm in ("Real", "Real+Attr"):
            return self.from_scratch(group, seed, changed)
        base = self.pretrained(seed, changed)
        return base if arm in ("Syn", "Syn+Attr") else self.adapted(base, group, seed, changed)

    def pretrained(self, seed: int, change: Change = DEFAULT) -> Node:
        """Create the node that pre-trains on synthetic data, which all groups share."""
        overrides = [*self.scale.pretraining, *_overrides(change, seed)]
        store = ("store", self.domains.corpora[change.corpus])
        return self._training(
            "pretrain", f"pre-training, seed {seed}{change.text}", overrides, [store]
        )

    def from_scratch(self, group: str, seed: int, change: Change = DEFAULT) -> Node:
        """Create the node that trains from scratch on the real domain's seen labels."""
        overrides = [*self.scale.real, *_overrides(change, seed), self._unseen(group, change)]
        title = f"training on real, {group}, seed {seed}{change.text}"
        return self._training("pretrain", title, overrides, [self._real])

    def adapted(
        self, base: Node, group: str, seed: int, change: Change = DEFAULT, method: str = "lora"
    ) -> Node:
        """Create the node that fine-tunes on the real domain's seen labels."""
        changed = [f"seed={seed}", f"derange={change.derange}", self._unseen(group, change)]
        overrides = [*(() if method == "mix" else self.scale.adaptation), *changed]
        needs = [("model", base), self._real]
        if method == "mix":
            overrides += ["mix_schedule=full"]
            needs.append(("with", self.domains.corpora[change.corpus]))
        steps = self._steps(self.scale.pretraining if method == "mix" else self.scale.adaptation)
        return make_node(
            "finetune",
            f"fine-tuning ({method}), {group}, seed {seed}{change.text}",
            START_S + steps * self.scale.step_s,
            needs,
            method=method,
            overrides=overrides,
        )

    def baseline(self, kind: str, group: str, seed: int, change: Change = DEFAULT) -> Node:
        """Create the node that trains Tent or RF-Net on the real domain's seen labels."""
        overrides = [*self.scale.base, *self.scale.baseline, f"seed={seed}"]
        overrides.append(self._unseen(group, change))
        network = network_settings(getattr(self.scale, kind))
        encoder = {"encoder": self.encoder} if kind == "tent" else {}
        return make_node(
            kind,
            f"{kind}, {group}, seed {seed}",
            START_S + self._steps(overrides) * self.scale.step_s,
            [self._real],
            preset=self.scale.preset,
            overrides=overrides,
            network=network,
            **encoder,
        )

    def scored(
        self,
        model: Node,
        labels: Sequence[str],
        store: str = "real",
        people: Sequence[str] = ("held out", "same"),
        subsets: Sequence[int] = (),
        known_labels: bool = False,
    ) -> Node:
        """Create a zero-shot scoring; with `known_labels`, training may have used the labels."""
        known = {"known_labels": True} if known_labels else {}
        return make_node(
            "score",
            f"scoring of {model.title}",
            SCORE_S,
            [("model", model), ("store", self.domains.corpora[store])],
            labels=list(labels),
            people=list(people),
            subsets=list(subsets),
            scoring=self.scoring or "class",
            hub_correction=self.hub_correction or "off",
            **known,
        )

    def few_shot(self, model: Node, labels: Sequence[str]) -> Node:
        """Create the few-shot scoring of a model."""
        draws = self.scale.draws
        of_rfnet = len(self.scale.shots) * draws * RFNET_DRAW_S
        return make_node(
            "few-shot",
            f"few-shot scoring of {model.title}",
            of_rfnet if model.kind == "rfnet" else FEW_SHOT_S,
            [("model", model), self._real],
            labels=list(labels),
            shots=list(self.scale.shots),
            draws=draws,
        )

    def removed(self, group: str, kept: int, draw: int) -> tuple[str, ...]:
        """Choose at random which seen labels to remove, so that `kept` seen labels remain."""
        seen = [label for label in self.labels if label not in self.groups[group]]
        order = np.random.default_rng((draw, 6)).permutation(seen)
        return tuple(sorted(map(str, order[kept:])))

    def num_seen(self, group: str) -> int:
        """Number of seen labels, which are the labels outside the group."""
        return len([label for label in self.labels if label not in self.groups[group]])

    @property
    def _real(self) -> tuple[str, Node]:
        return "store", self.domains.corpora["real"]

    def _unseen(self, group: str, change: Change) -> str:
        return f"unseen={','.join((*self.groups[group], *change.removed))}"

    def _training(self, kind: str, title: str, overrides: list[str], needs) -> Node:
        overrides = [*self.scale.base, *overrides]
        return make_node(
            kind,
            title,
            START_S + self._steps(overrides) * self.scale.step_s,
            needs,
            preset=self.scale.preset,
            overrides=overrides,
            encoder=self.encoder,
        )

    def _steps(self, overrides: Sequence[str]) -> int:
        """Number of steps of a training run, from the last override `steps` or from the preset."""
        from mmclip.presets import load_preset

        given = [each for each in overrides if each.startswith("steps=")]
        return load_preset(self.scale.preset, given[-1:]).train.steps


def _overrides(change: Change, seed: int) -> list[str]:
    without = () if change.attributes else WITHOUT_ATTRIBUTES
    return [*without, *change.overrides, f"seed={seed}", f"derange={change.derange}"]
