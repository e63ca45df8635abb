"""Recipes as TOML text: read recipe files, and write the canonical text saved in a store.

seed = 7
radar = "AWR1843BOOST"          # name of a board, a file, or a [radar] table
receiver = "datasheet"          # name of a profile, a file, or a [receiver] table; default: ideal

[placements]
distance_m = [2.0, 4.0]         # limits of a uniform distribution; a single number is fixed
"""

import difflib
import hashlib
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from decimal import Decimal
from pathlib import Path

from pipelines.bundled_rooms import with_room_text, without_bundled_text
from pipelines.recipe import OMITTED_SECTIONS, SECTIONS, Recipe
from pipelines.recipe_fields import FlagPath
from pipelines.recipe_room import Room
from radarsim.errors import InputError
from radarsim.files import load_setup
from radarsim.paths import local_path
from radarsim.radar.boards import DEFAULT_BOARD
from radarsim.radar.radar import Radar
from radarsim.radar.receiver_profile import ReceiverProfile
from radarsim.radar.receiver_toml import profile_from_table, profile_table
from radarsim.radar.toml import dump_radar, parse_radar
from radarsim.radar.toml_text import toml_text
from radarsim.receiver_files import load_receiver


def dump_recipe(recipe: Recipe) -> str:
    """TOML text with all values of a recipe, including defaults; equal recipes give identical text.

    The sections `OMITTED_SECTIONS` are only included if a value differs from the default. The text
    of a bundled room is included, because the room may change in a later version.
    """
    return _text(recipe, with_room_text(recipe.room))


def recipe_digest(recipe: Recipe) -> str:
    """SHA-256 over every value of a recipe, in hexadecimal.

    A bundled room enters the digest by its name only, like in recipes that were written before
    the text of the room was included; the code version states which room the name refers to.
    """
    return hashlib.sha256(_text(recipe, without_bundled_text(recipe.room)).encode()).hexdigest()


def _text(recipe: Recipe, room: Room) -> str:
    """TOML text of a recipe with the given section [room]."""
    table = {
        each.name: getattr(recipe, each.name)
        for each in fields(recipe)
        if each.name not in SECTIONS and each.name not in ("radar", "receiver")
    }
    for name in SECTIONS:
        section = room if name == "room" else getattr(recipe, name)
        if name in OMITTED_SECTIONS and section == SECTIONS[name]():
            continue
        table[name] = {each.name: getattr(section, each.name) for each in fields(section)}
    # Decimals preserve every digit of the radar's parameters.
    table["radar"] = tomllib.loads(dump_radar(recipe.radar), parse_float=Decimal)
    # The section is written only if the receiver is not ideal, because older stores lack it.
    if recipe.receiver is not None:
        table["receiver"] = profile_table(recipe.receiver)
    return toml_text(table)


def parse_recipe(text: str, where: str) -> Recipe:
    """Read a recipe from TOML text; omitted settings take their default values.

    Args:
        text: recipe in TOML format.
        where: name of the file that contains the text, for messages.

    Returns:
        The recipe.

    Raises:
        InputError: invalid TOML, an unknown setting, or a value outside its limits.
    """
    return recipe_from_table(table_from_toml(text, where), where)


def table_from_toml(text: str, where: str) -> dict:
    """Parse TOML text; the radar's numbers remain exact decimals, all others become floats.

    Raises:
        InputError: invalid TOML.
    """
    try:
        table = tomllib.loads(text, parse_float=Decimal)
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise InputError(where, "TOML", str(error), "correct the file") from None
    radar = {"radar": table.pop("radar")} if "radar" in table else {}
    return {**_as_floats(table), **radar}


def recipe_from_table(table: Mapping, where: str) -> Recipe:
    """Make a recipe from a table parsed from TOML; use `parse_recipe` for TOML text."""
    values = dict(table)
    _check_names(values, [each.name for each in fields(Recipe)], where, "")
    values["radar"] = _radar(values.get("radar", DEFAULT_BOARD), where)
    values["receiver"] = _receiver(values.get("receiver"), values["radar"], where)
    for name, section in SECTIONS.items():
        if name in values:
            values[name] = _section(section, name, values[name], where)
    if "room" in values:
        values["room"] = without_bundled_text(values["room"])
    return _construct(where, Recipe, values)


def _as_floats(value: object) -> object:
    """Return the value with all `Decimal` numbers converted to floats."""
    if isinstance(value, Mapping):
        return {key: _as_floats(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_as_floats(each) for each in value]
    return float(value) if isinstance(value, Decimal) else value


def _section(section: type, name: str, values: object, where: str) -> object:
    if not isinstance(values, Mapping):
        raise InputError(where, name, f"is {values!r}, not a table", f"write [{name}]")
    names = [each.name for each in fields(section)]
    _check_names(values, names, where, f"{name}.")
    for each in fields(section):
        if each.name in values:
            _check_type(values[each.name], each.default, f"{name}.{each.name}", where)
    return _construct(where, section, values)


def radar_board_guess(value: object, where: str) -> str:
    """Return a line to print with the plan if the board in a recipe's radar file was only guessed.

    Args:
        value: the entry "radar" of a recipe: a radar, a table, or the name of a board or file.
        where: path of the file that contains the recipe.

    Returns:
        The line; "" if the board was not guessed.
    """
    if isinstance(value, Radar | Mapping):
        return ""
    path = _radar_path(value, where)
    guess = load_setup(path).board_guess
    return f"{path}: {guess}" if guess else ""


def _radar(value: object, where: str) -> Radar:
    if isinstance(value, Radar):
        return value
    if isinstance(value, Mapping):
        place = f"{where} [radar]"
        return _named(parse_radar(toml_text(value), place), place, "radar")
    path = _radar_path(value, where)
    return _named(load_setup(path).radar, path, Path(path).stem)


def _receiver(value: object, radar: Radar, where: str) -> ReceiverProfile | None:
    """Profile of a recipe: a table, a name, or a file next to the recipe or in the working folder.

    The key `base` of a table names the profile whose settings the table changes.
    """
    if value is None or isinstance(value, ReceiverProfile):
        return value
    if not isinstance(value, Mapping):
        return load_receiver(_radar_path(value, where), radar)
    settings = dict(value)
    base = settings.pop("base", None)
    base = None if base is None else load_receiver(_radar_path(base, where), radar)
    profile = profile_from_table(settings, f"{where} [receiver]", base)
    return profile if profile.parts else None


def _radar_path(value: object, where: str) -> str:
    """Path of a file next to the recipe or in the working folder, or else a name."""
    if isinstance(value, FlagPath):
        return str(value)
    beside = Path(where).parent / local_path(str(value))
    return str(beside if beside.is_file() else value)


def _named(radar: Radar, place: str, name: str) -> Radar:
    """Name an unnamed radar after the stem of its file, so that no local path enters a store."""
    return replace(radar, name=name) if radar.name == place else radar


def _check_type(value: object, default: object, field: str, where: str) -> None:
    """Check that booleans and strings have the type of the default; the sections check numbers."""
    for kind, description in ((bool, "true or false"), (str, "a string in quotes")):
        if isinstance(default, kind) != isinstance(value, kind):
            needed = description if isinstance(default, kind) else "a number"
            raise InputError(where, field, f"is {value!r}", f"give {needed}")


def _check_names(values: Mapping, names: list[str], where: str, prefix: str) -> None:
    for key in values:
        if key not in names:
            close = difflib.get_close_matches(key, names, 1) or [", ".join(names)]
            raise InputError(where, prefix + key, "is not a recipe setting", f"use {close[0]}")


def _construct(where: str, make: Callable, values: Mapping):
    """Call `make` with the values; errors in the recipe are reported with the recipe file."""
    try:
        return make(**values)
    except InputError as error:
        place = where if error.where == "recipe" else error.where
        raise InputError(place, error.field, error.problem, error.hint) from None
