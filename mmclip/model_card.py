"""Model card of a trained model in Markdown: training data, use, results and limits."""

from collections.abc import Mapping, Sequence

from mmclip.bilinear_network import BILINEAR
from mmclip.ensemble_network import MEMBERS
from mmclip.evaluation_report import limits, limits_over_people
from mmclip.excluded_windows import LEFT_OUT
from mmclip.store import UNITS
from mmclip.store_axes import COLUMN_STEP
from mmclip.training_card import kind_of_clips, licence, limits_of_stores, stores_table

# Limits of every model.
LIMITS = """* Activities that differ little in range, speed and angle are often confused.
* The model must not be used for decisions about people's health or safety."""

INTERVALS = (
    "The intervals are percentiles of a bootstrap. Over few classes or people, they are too narrow:"
    " they contain the true mean in 86 % of the cases for six, 90 % for ten and 93 % for twenty "
    "(for normally distributed values)."
)


def card(description: Mapping, results: Mapping) -> str:
    """Write the text of a model card.

    Args:
        description: content of model.json.
        results: content of a zero_shot.json or evaluation.json; empty if nothing was measured.
    """
    sections = (
        "# Model card",
        _overview(description),
        "## Training data\n\n" + _data(description),
        "## Radar\n\n" + _axes(description),
        "## Figures\n\n" + _validation(description) + _figures(results),
        "## Limits\n\n" + "\n".join([*limits_of_stores(description), LIMITS]),
    )
    return "\n\n".join(sections) + "\n"


def _overview(description: Mapping) -> str:
    scoring = description["settings"]["inference"]
    correction = f"{'with' if scoring['hub_correction'] else 'without'} hub correction"
    if penalty := scoring.get("seen_penalty"):
        correction += f", with a penalty of {penalty:g} for training labels"
    encoder, heatmaps = description["encoder"], description["settings"]["model"]["heatmaps"]
    return (
        f"mmCLIP model that classifies windows of {_heatmaps(heatmaps)} by labels given as text."
        "\n\n"
        f"* Text encoder: {encoder['name']} (digest {encoder['digest'][:12]}), not included\n"
        f"* Default scoring: {scoring['scoring']}, {correction}\n"
        f"* Weights: SHA-256 `{description['weights_sha256']}`, {_origin(description)}\n"
        f"* {licence(description)}"
    )


def _heatmaps(names: Sequence[str]) -> str:
    number = {1: "one radar heatmap", 2: "two radar heatmaps", 3: "three radar heatmaps"}
    return f"{number[len(names)]} ({', '.join(names)})"


def _origin(description: Mapping) -> str:
    """Step of the released weights, or the seeds of the models that were combined."""
    if members := description.get(MEMBERS):
        seeds = ", ".join(str(each["seed"]) for each in members)
        kind = "a bilinear map on the vectors" if BILINEAR in description else "an ensemble"
        return f"{kind} of {len(members)} models (seeds {seeds})"
    return f"step {description['step']}"


def _data(description: Mapping) -> str:
    labels = [label for label in description["seen"] if label in set(description.get("labels", ()))]
    others = len(description["seen"]) - len(labels)
    people = (
        f"{len(description['subjects'])} people and {len(description.get('takes', ())):,} takes"
    )
    lines = [
        f"{kind_of_clips(description, people)}. The people and the takes are listed in model.json.",
        f"Activities in the training data ({len(labels)}): {', '.join(labels)}.",
    ]
    if others:
        lines.append(f"Pre-training added {others:,} captions of other movements.")
    if description["unseen"]:
        unseen = description["unseen"]
        lines.append(f"Activities not in the training data ({len(unseen)}): {', '.join(unseen)}.")
    if left_out := description.get(LEFT_OUT):
        problem = "a further person performs an activity that is not in the training data"
        lines.append(f"The last training left out {left_out:,} windows, in which {problem}.")
    stores = [
        f"{store['name']} (recipe {str(store.get('recipe_digest'))[:12]}, code "
        f"{store.get('code_version')})"
        for store in description["stores"]
    ]
    lines.append(f"Stores of the last training: {'; '.join(stores)}.")
    return "\n\n".join([*lines, stores_table(description)])


def _axes(description: Mapping) -> str:
    lines = [f"{' and '.join(description.get('radars', ())) or 'One radar'}, with these axes:", ""]
    bins = {axis: x for axis, x in description["axes"].items() if axis != COLUMN_STEP}
    for axis, (first, last, count) in bins.items():
        lines.append(f"* {axis}: {count:.0f} bins from {first:.4g} to {last:.4g} {UNITS[axis]}")
    for step_s in description["axes"].get(COLUMN_STEP, ()):
        lines.append(f"* time: a column every {step_s:.4g} s")
    lines += ["", "Stores with other axes are refused; train a model for another radar."]
    return "\n".join(lines)


def _validation(description: Mapping) -> str:
    """Validation accuracy of the model or, for an ensemble, of each member."""
    is_ensemble = MEMBERS in description and BILINEAR not in description
    members = description[MEMBERS] if is_ensemble else [description]
    found = [each.get("validation_accuracy") for each in members]
    found = [accuracy for accuracy in found if accuracy is not None]
    if not found:
        return ""
    of_members = " of the members" if is_ensemble else ""
    labels = description.get(BILINEAR, {}).get("rank") or len(description["seen"])
    return (
        f"Validation accuracy{of_members} among the {labels} training labels: "
        f"{', '.join(f'{each:.1%}' for each in found)}, for people who are not in the training "
        "data; the steps of training were chosen on these people.\n\nOther labels: "
    )


def _figures(results: Mapping) -> str:
    """Table of pooled results: one row per kind in zero_shot.json, or one for evaluation.json."""
    kinds = {"evaluation": results} if "over_classes" in results else results
    rows = [_row(kind, each) for kind, each in kinds.items() if _is_pooled(each)]
    if not rows:
        return "not measured with this model."
    head = [
        "| labels | mean recall | 95 % over classes | 95 % over people | top 3 | chance |",
        "|---|---|---|---|---|---|",
    ]
    commit = results.get("commit")
    head[:0] = ["by kind, the mean over models that were trained in the same way:", ""]
    machine = ", ".join(f"{name} {value}" for name, value in (results.get("machine") or {}).items())
    source = f"\n\nCode: `{commit}`; machine: {machine}." if commit else ""
    return "\n".join([*head, *rows]) + f"\n\n{INTERVALS}{source}"


def _row(kind: str, pooled: Mapping) -> str:
    top3 = pooled.get("top3_over_classes")
    name = _kind_name(kind)
    cells = (
        f"{name}, {len(pooled['runs'])} models" if "runs" in pooled else name,
        f"{pooled['over_classes']['mean']:.1%}",
        limits(pooled["over_classes"]),
        limits_over_people(pooled),
        f"{top3['mean']:.1%}" if top3 else "-",
        f"{pooled['chance']:.1%}",
    )
    return f"| {' | '.join(cells)} |"


def _kind_name(kind: str) -> str:
    """Name of a kind of result in zero_shot.json, as written in the card."""
    if kind == "deranged":
        return "permutation control, in which every label has the text of another one"
    return kind.replace(" straight", " directly after pre-training")


def _is_pooled(value) -> bool:
    return isinstance(value, Mapping) and "over_classes" in value
