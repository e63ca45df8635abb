"""Presets of settings, overrides `key=value`, and settings as plain tables.

    settings("small", ["train.steps=200", "heatmaps=time_doppler"])

A key is a section and a name, or the name alone.
"""

from collections.abc import Iterable
from dataclasses import asdict, fields, replace

from mmclip.config import Augment, Data, Model, Settings, Train
from mmclip.errors import MmclipError

SMALL = Settings(
    model=Model(
        branch_width=48, branch_depth=1, learner_depth=2, learner_heads=6, mlp_ratio=2, dropout=0.1
    ),
    augment=Augment(drop=0.1, drop_columns=16),
    # Chosen on the unseen labels of G1 alone (docs/zero-shot.md).
    train=Train(
        attribute_target="sentence",
        rate=1e-3,
        decay_every=150,
        warmup=50,
        weight_decay=0.01,
        batch=32,
        steps=600,
        save_every=150,
        validate_every=150,
    ),
)
PRESETS = {"paper": Settings(), "small": SMALL}


def settings(preset: str = "paper", overrides: Iterable[str] = ()) -> Settings:
    """A preset with changes.

    Args:
        preset: one of `PRESETS`.
        overrides: `key=value` each; several values with commas.

    Returns:
        Checked settings.

    Raises:
        MmclipError: no such preset or key, or a value that cannot be.
    """
    if preset not in PRESETS:
        problem = f"no preset is called {preset!r}"
        raise MmclipError("settings", "preset", problem, f"take one of {', '.join(PRESETS)}")
    return override(PRESETS[preset], overrides)


def override(start: Settings, overrides: Iterable[str]) -> Settings:
    """Settings with changes, `key=value` each; MmclipError as for `settings`."""
    changes: dict[str, dict] = {}
    for change in overrides:
        key, equals, text = change.partition("=")
        if not equals:
            raise MmclipError("settings", key, "has no value", "write it as key=value")
        section, name = _found(key.strip())
        old = getattr(getattr(start, section), name)
        changes.setdefault(section, {})[name] = _parsed(key, text.strip(), old)
    sections = {name: replace(getattr(start, name), **new) for name, new in changes.items()}
    return replace(start, **sections)


def as_table(value: Settings) -> dict[str, dict]:
    """Settings as plain tables, fit for JSON."""
    return asdict(value)


def from_table(table: dict[str, dict]) -> Settings:
    """The settings that `as_table` wrote; unknown keys are an error."""
    kinds = {"model": Model, "data": Data, "augment": Augment, "train": Train}
    try:
        sections = {
            name: kinds[name](
                **{k: tuple(v) if isinstance(v, list) else v for k, v in each.items()}
            )
            for name, each in table.items()
        }
    except (KeyError, TypeError, AttributeError) as error:
        problem = f"are not those of this version ({error})"
        raise MmclipError("settings", "keys", problem, "use the version that wrote them") from None
    return Settings(**sections)


def _found(key: str) -> tuple[str, str]:
    """Section and name of a key."""
    everything = [(s.name, f.name) for s in fields(Settings) for f in fields(_section(s.name))]
    section, dot, name = key.partition(".")
    matches = [
        each for each in everything if each == (section, name) or (not dot and each[1] == key)
    ]
    if len(matches) != 1:
        known = ", ".join(f"{section}.{name}" for section, name in everything)
        raise MmclipError("settings", key, "is no setting", f"there are {known}")
    return matches[0]


def _section(name: str):
    return getattr(PRESETS["paper"], name)


def _parsed(key: str, text: str, old):
    """The text as a value of the old one's type."""
    try:
        if isinstance(old, bool):
            return {"true": True, "false": False}[text.lower()]
        if isinstance(old, tuple):
            return tuple(part.strip() for part in text.split(",") if part.strip())
        return type(old)(float(text)) if isinstance(old, int) and "e" in text else type(old)(text)
    except (ValueError, KeyError):
        problem = f"{text!r} is no {type(old).__name__}"
        raise MmclipError("settings", key, problem, f"the preset has {old!r}") from None
