"""Tables of options, settings and formats for the documentation, generated from the code.

A line `<!-- table: NAME -->` of a page is replaced by the text that the function NAME of `TABLES`
returns.
"""

import argparse
import contextlib
import importlib
import inspect
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import fields
from unittest import mock

from mmclip.presets import PRESETS, SECTIONS
from mmclip.setting_texts import setting_texts
from mmclip.settings_rules import limits_text
from pipelines import recipe
from pipelines.layout import Layout
from pipelines.recipe_fields import Setting, settings_of
from pipelines.schema import ALL_TABLES, store_arrays
from radarsim.checks import with_unit
from radarsim.console import COMMANDS
from radarsim.radar.boards import DEFAULT_BOARD
from radarsim.scene.skeletons.landmarks import LANDMARKS

MARK = re.compile(r"^<!-- table: (\w+) -->$", re.MULTILINE)


def with_tables(text: str) -> str:
    """Replace the table marks in the text of a page with tables."""
    return MARK.sub(lambda found: TABLES[found[1]](), text)


def recipe_tables() -> str:
    """Return one table per recipe section: key, flag, default, permitted values and meaning."""
    top = _table_of_section("", recipe.Recipe, "Settings outside of sections.")
    parts = [
        _table_of_section(f"{name}.", section, (section.__doc__ or "").split("\n\n")[0])
        for name, section in recipe.SECTIONS.items()
    ]
    return "\n\n".join([top, *parts])


def command_tables() -> str:
    """Return one part per command, with the description and the options of the parser."""
    return "\n\n".join(_command_part(name) for name in COMMANDS)


def training_tables() -> str:
    """Return one table per section of the training settings, with the values of the presets."""
    texts = setting_texts()
    return "\n\n".join(_training_table(name, kind, texts) for name, kind in SECTIONS.items())


def file_formats() -> str:
    """Return one part per kind of TOML file, with the example in the docstring of the reader."""
    return "\n\n".join(f"## {title}\n\n{_docstring_of(name)}" for title, name in FILES.items())


def store_tables() -> str:
    """Return a table of all arrays that a store can contain, and one of the tables."""
    bins = {"range": 1, "speed": 1, "angle": 1, "burst_speed": 1, "burst_angle": 1}
    per_frame = {"num_points": 1, "range_doppler": True, "range_azimuth": True, "joints": True}
    sizes = {"num_clips": 1, "clips_per_shard": 1, "num_frames": 1, "num_columns": 1, "bins": bins}
    extras = {"cube": (1, 1, 1, 1), "cube_step_v": 1.0, "num_poses": 1, "num_others": 1}
    layout = Layout(**sizes, **per_frame, **extras, room=True)
    arrays = [
        (f"`{each.name}`", ", ".join(each.dims), each.dtype, each.units, each.about)
        for each in store_arrays(layout)
    ]
    tables = [
        (f"`{name}`", ", ".join(f"`{column}`" for column in columns))
        for name, columns in ALL_TABLES.items()
    ]
    head = ("array", "axes", "type", "unit", "meaning")
    return f"{_table(head, arrays)}\n\n{_table(('table', 'columns'), tables)}"


def landmark_list() -> str:
    """Return the names of all landmarks, sorted, as code."""
    return ", ".join(f"`{name}`" for name in sorted(LANDMARKS))


TABLES = {
    "landmarks": landmark_list,
    "store": store_tables,
    "recipe": recipe_tables,
    "commands": command_tables,
    "training": training_tables,
    "files": file_formats,
}
# Kinds of TOML files, and the modules whose docstrings describe the keys.
FILES = {
    "Radars": "radarsim.radar.toml",
    "Captures": "radarsim.radar.capture_format",
    "Recordings of arrays": "radarsim.captures.array_description",
    "Receiver profiles": "radarsim.radar.receiver_toml",
    "Rooms": "radarsim.scene.room_toml",
}


# Names that a recipe uses if it does not name a radar or a receiver profile.
NAMED_DEFAULTS = {"radar": DEFAULT_BOARD, "receiver": "ideal"}


def _docstring_of(module_name: str) -> str:
    """Return the docstring of a module as Markdown, with indented text as blocks of TOML."""
    text = inspect.cleandoc(importlib.import_module(module_name).__doc__ or "")
    parts = re.split(r"((?:^ {4}.*\n+)+)", text, flags=re.MULTILINE)
    blocks = [f"```toml\n{textwrap.dedent(each).strip()}\n```\n\n" for each in parts[1::2]]
    parts[1::2] = blocks
    return "".join(parts).strip()


def _table_of_section(prefix: str, section: type, intro: str) -> str:
    rows = [
        (f"`{prefix}{name}`", *_properties(name, default, declared), declared.meaning)
        for name, (default, declared) in settings_of(section).items()
    ]
    title = f"## `[{prefix.rstrip('.')}]`" if prefix else "## Top level"
    head = ("key", "flag", "default", "values", "meaning")
    return f"{title}\n\n{intro}\n\n{_table(head, rows)}"


def _properties(name: str, default: object, declared: Setting) -> tuple[str, str, str]:
    """Return flag, default and permitted values; `--keep` is followed by the name of the array."""
    flag = f"--keep {name}" if declared.flag == "--keep" else declared.flag
    default = _value(NAMED_DEFAULTS.get(name, default))
    # Such a default may be outside the limits, so its meaning is stated.
    default += f": {declared.off}" if declared.off else ""
    return f"`{flag}`" if flag else "", default, _limits(declared)


def _value(default: object) -> str:
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, tuple):
        low, high = default
        return f"`{low:.4g}`" if low == high else f"`[{low:.4g}, {high:.4g}]`"
    return f'`"{default}"`' if isinstance(default, str) else f"`{default:g}`"


def _limits(declared: Setting) -> str:
    """Return the choices of a setting, or the limits with their unit."""
    if declared.choices:
        return ", ".join(f"`{each}`" for each in declared.choices)
    words = {"above": "above", "at_least": "at least", "at_most": "at most"}
    unit = declared.unit if declared.unit in ("m", "s", "Hz", "rad", "dB") else ""
    return ", ".join(
        f"{words[kind]} {with_unit(float(limit), unit)}" for kind, limit in declared.limits.items()
    )


def _command_part(name: str) -> str:
    command, parser = COMMANDS[name], parser_of(COMMANDS[name].module)
    head = f"## {name}\n\n`python -m {command.module}`: {command.summary}."
    description = f"```text\n{(parser.description or '').strip()}\n```"
    return "\n\n".join([head, description, _table(("option", "meaning"), list(_options(parser)))])


def parser_of(module_name: str) -> argparse.ArgumentParser:
    """Run a command up to the parsing of its options, and return the parser."""
    module = importlib.import_module(module_name)
    if not hasattr(module, "main"):
        module = importlib.import_module(f"{module_name}.__main__")
    found = []

    def stop(parser, *arguments, **options):
        found.append(parser)
        raise SystemExit

    patch = mock.patch("argparse.ArgumentParser.parse_args", stop)
    with patch, contextlib.suppress(SystemExit):
        module.main([])
    return found[0]


def _options(parser: argparse.ArgumentParser) -> Iterator[tuple[str, str]]:
    """Yield a table row for each option except `--help`."""
    for action in parser._actions:
        if not isinstance(action, argparse._HelpAction):
            text = (action.help or "") % (vars(action) | {"prog": parser.prog})
            yield f"`{_spelling(action)}`", text


def _spelling(action: argparse.Action) -> str:
    """Return an option with its value as in the usage line, such as `--radar FILE ...`."""
    if action.nargs == 0:
        return ", ".join(action.option_strings)
    value = action.metavar or ("{" + ",".join(action.choices) + "}" if action.choices else "")
    value = " ".join(value) if isinstance(value, tuple) else value or action.dest.upper()
    value += " ..." if action.nargs in ("+", "*") else ""
    return f"{action.option_strings[0]} {value}" if action.option_strings else value


def _training_table(name: str, kind: type, texts: dict[str, str]) -> str:
    rows = []
    for each in fields(kind):
        values = (_shown(preset, name, each.name) for preset in PRESETS)
        meaning = texts[f"{name}.{each.name}"]
        rows.append((f"`{name}.{each.name}`", *values, _permitted(each.metadata), meaning))
    intro = (kind.__doc__ or "").split("\n\n")[0]
    return f"## `{name}`\n\n{intro}\n\n{_table(('key', *PRESETS, 'values', 'meaning'), rows)}"


def _permitted(metadata: Mapping) -> str:
    """Return the choices or the limits of a training setting; "" if none are declared."""
    if "choices" in metadata:
        return ", ".join(f"`{each}`" for each in metadata["choices"])
    return limits_text(metadata["limits"]) if "limits" in metadata else ""


def _shown(preset: str, section: str, name: str) -> str:
    value = getattr(getattr(PRESETS[preset], section), name)
    if isinstance(value, tuple):
        return f"`{','.join(value)}`" if value else "(empty)"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cell(each) for each in line)} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("*", "\\*")
