"""mmWave Studio Lua scripts: multi-line calls, variables, branches, scripts without settings."""

import contextlib
import re
from decimal import Decimal

import numpy as np
import pytest

from radarsim.errors import InputError
from radarsim.radar.configuration_files import parse_setup
from radarsim.radar.ti.lua_script import calls_of, evaluate, without_comments
from tests.helpers.ti_configurations import LUA

REST = """\
ar1.ChanNAdcConfig(1, 1, 0, 1, 1, 1, 1, 2, 1, 0)
ar1.ChirpConfig(0, 0, 0, 0, 0, 0, 0, 1, 0, 0)
ar1.ChirpConfig(1, 1, 0, 0, 0, 0, 0, 0, 1, 0)
ar1.FrameConfig(0, 1, 8, 64, 100, 0, 0, 1)
"""
AT_77 = "ar1.ProfileConfig(0, 77, 100, 6, 60, 0, 0, 0, 0, 0, 0, 30.0, 0, 256, 5000, 0, 0, 30)"
AT_60 = "ar1.ProfileConfig(0, 60.25, 200, 6, 60, 0, 0, 0, 0, 0, 0, 30.0, 0, 128, 10000, 0, 0, 30)"
BRANCHES = f"""\
if((partId == 1642) or (partId == 1843)) then
  if ({AT_77} == 0) then WriteToLog("Success\\n") else WriteToLog("failure\\n") end
elseif(partId == 6843) then
  if ({AT_60} == 0) then WriteToLog("Success\\n") else WriteToLog("failure\\n") end
end
{REST}"""


def start_ghz(text: str, **given) -> float:
    return parse_setup(text, "a.lua", **given).radar.chirp.ramp_start_freq_hz / 1e9


def test_branches_of_other_values_are_refused_with_both_and_the_way_out():
    with pytest.raises(InputError) as refused:
        parse_setup(BRANCHES, "a.lua")
    message = str(refused.value)
    assert message.startswith("a.lua: ProfileConfig: depends on branches of the script: 0, 77, ")
    assert "line 2 (`((partId == 1642) or (partId == 1843))`), but 0, 60.25," in message
    assert "line 4 (`(partId == 6843)`)" in message
    assert "`-- Platform:xWR1843`" in message
    assert "--board" in message


@pytest.mark.parametrize(
    ("chip", "ghz"), [("xWR1843", 77), ("xWR18xx", 77), ("IWR6843", 60.25), ("xWR68xx", 60.25)]
)
def test_the_named_chip_takes_its_branch(chip, ghz):
    named = (
        f"-- Platform:{chip}\n{BRANCHES}",
        f'ar1.SelectChipVersion("{chip}")\n{BRANCHES}',
        f'ar1.SelectChipVersion("AR1243")\nar1.deviceVariantSelection("{chip}")\n{BRANCHES}',
    )
    for text in named:
        assert start_ghz(text) == pytest.approx(ghz, rel=1e-12)


def test_the_board_that_the_caller_names_takes_its_branch():
    assert start_ghz(BRANCHES, board="IWR6843AOPEVM") == pytest.approx(60.25, rel=1e-12)
    assert start_ghz(BRANCHES, board="AWR1843BOOST") == pytest.approx(77, rel=1e-12)


def test_a_part_number_that_the_script_assigns_takes_its_branch():
    assert start_ghz(f"partId = 6843\n{BRANCHES}") == pytest.approx(60.25, rel=1e-12)


def test_an_else_branch_belongs_to_all_other_chips():
    text = f"if partId == 6843 then\n{AT_60}\nelse\n{AT_77}\nend\n{REST}"
    assert start_ghz(f"-- Platform:xWR1843\n{text}") == pytest.approx(77, rel=1e-12)
    assert start_ghz(f"-- Platform:xWR6843\n{text}") == pytest.approx(60.25, rel=1e-12)
    with pytest.raises(InputError, match="depends on branches"):
        parse_setup(text, "a.lua")


def test_branches_of_equal_values_and_commented_branches_count_as_one():
    equal = BRANCHES.replace(AT_60, AT_77)
    assert start_ghz(equal) == pytest.approx(77, rel=1e-12)
    commented = BRANCHES.replace(f"  if ({AT_60}", f"  -- if ({AT_60}")
    assert start_ghz(commented) == pytest.approx(77, rel=1e-12)


def test_a_branch_that_may_override_an_earlier_call_is_refused():
    text = f"{AT_77}\nif partId == 6843 then {AT_60} end\n{REST}"
    with pytest.raises(InputError, match="depends on branches"):
        parse_setup(text, "a.lua")
    assert start_ghz(f"-- Platform:1843\n{text}") == pytest.approx(77, rel=1e-12)


def test_without_branches_the_last_call_counts():
    assert start_ghz(f"{AT_60}\n{AT_77}\n{REST}") == pytest.approx(77, rel=1e-12)


def test_a_call_in_a_condition_counts_as_successful():
    text = f"if (ar1.RfInit() == 0) then\n{AT_77}\nelse\n{AT_60}\nend\n{REST}"
    assert start_ghz(text) == pytest.approx(77, rel=1e-12)


def test_lanes_that_depend_on_branches_are_those_of_the_board():
    lanes = (
        "if partId == 1443 then ar1.LVDSLaneConfig(0, 1, 1, 1, 1, 1, 0, 0)\n"
        "else ar1.LVDSLaneConfig(0, 1, 1, 0, 0, 1, 0, 0) end\n"
    )
    setup = parse_setup(f"{lanes}{AT_77}\n{REST}", "a.lua")
    assert setup.capture_format.lanes == 2
    assert any("LVDSLaneConfig different values" in note for note in setup.notes)


def test_variables_and_their_sums_are_followed():
    text = (
        "local START = 77 -- GHz\nNUM_TX = 2\nSLOPE = 60 / 2\nFS_KSPS = 2500*2\nEND = NUM_TX - 1\n"
        + AT_77.replace("0, 77,", "0, START,").replace("30.0", "SLOPE").replace("5000", "FS_KSPS")
        + "\n"
        + REST.replace("FrameConfig(0, 1,", "FrameConfig(0, END,").replace(
            "64, 100", "32 + 32, 1e2"
        )
    )
    assert parse_setup(text, "a.lua").radar == parse_setup(f"{AT_77}\n{REST}", "a.lua").radar


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("X = readback()", "argument 2 is 'X'; write a number .only variables"),
        ("X = 77\nif fast then X = 78 end", "X: depends on branches of the script: 77 in line 1"),
        ("X = Y\nY = X", "argument 2 is 'X'"),
        ("X = 1 / 0", "argument 2 is 'X'"),
        ("", "argument 2 is 'X'"),
    ],
)
def test_variables_without_one_value_are_refused(setting, message):
    text = f"{setting}\n{AT_77.replace('0, 77,', '0, X,')}\n{REST}"
    with pytest.raises(InputError, match=message):
        parse_setup(text, "a.lua")


def test_a_variable_counts_as_it_was_assigned_last_before_the_call():
    text = f"X = 76\nX = 77\n{AT_77.replace('0, 77,', '0, X,')}\nX = 79\n{REST}"
    assert start_ghz(text) == pytest.approx(77, rel=1e-12)


@pytest.mark.parametrize("seed", range(40))
def test_line_breaks_comments_and_variables_change_nothing(seed):
    """Random comments, named arguments and line breaks after commas do not change the radar."""
    rng = np.random.default_rng(seed)
    expected = parse_setup(f"{AT_77}\n{REST}", "a.lua").radar
    names, lines = {}, []
    for line in f"{AT_77}\n{REST}".splitlines():
        head, arguments = re.fullmatch(r"(.*?)\((.*)\)", line).groups()
        values = arguments.split(", ")
        for idx in range(1, len(values)):
            if rng.random() < 0.3:
                name = f"VALUE_{len(names)}"
                names[name], values[idx] = values[idx], name
        ends = [rng.choice([", ", ",\n    ", ", -- a comment, with (brackets\n  "]) for _ in values]
        joined = "".join(value + end for value, end in zip(values, ends[:-1])) + values[-1]
        lines.append(f"{head}{rng.choice(['(', '( ', ' ('])}{joined})")
    given = "".join(
        f"{rng.choice(['', 'local '])}{name} = {value}\n" for name, value in names.items()
    )
    assert parse_setup(given + "\n".join(lines), "a.lua").radar == expected


@pytest.mark.parametrize("seed", range(40))
def test_cut_scripts_are_refused_or_read(seed):
    """A script cut at any position is either read or raises InputError."""
    rng = np.random.default_rng(seed)
    text = f"-- Platform:xWR1843\n{BRANCHES}"
    cut = text[: rng.integers(1, len(text))] + rng.choice(["", "\n", ")", "--[[", '"', "(("])
    with contextlib.suppress(InputError):
        parse_setup(cut, "a.lua")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("01-Jan-2026 10:00:00: API:SensorStart,0,\n", "ProfileConfig: is missing: this log or"),
        ("ar1.StartFrame()\nRSTD.Sleep(1000)\n", "ProfileConfig: is missing: this log or"),
        ("ar1.ContStrConfig(60.25, 10000, 30, 0)\n", "ContStrConfig: in line 1 sets a continuous"),
    ],
)
def test_logs_and_scripts_without_a_configuration_are_named_as_such(text, message):
    with pytest.raises(InputError, match=message):
        parse_setup(text, "a_LogFile.txt")


def test_comments_in_strings_and_brackets_in_strings_are_part_of_them():
    text = 'ar1.DownloadBSSFw("C:\\\\a--b(.bin", 1) -- real comment ar1.Other(2)\n'
    assert [call.values for call in calls_of(text)] == [("C:\\\\a--b(.bin", "1")]
    assert without_comments("a --[[ x\n y ]] b -- c\nd").split() == ["a", "b", "d"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("77", 77),
        ("-3 + 5", 2),
        ("2 + 3 * 4 - 6 / 2", 11),
        ("0x10", 16),
        ("X * X - 1", 15),
        ("1e3", 1000),
        ("2 +", None),
        ("2 ^ 3", None),
        ("f(2)", None),
        ("Y", None),
        ("", None),
    ],
)
def test_sums_and_products_are_evaluated(text, value):
    assert evaluate(text, {"X": Decimal(4)}.get) == value


def test_the_example_script_is_unchanged_by_reading_calls_whole():
    assert parse_setup(LUA, "a.lua").radar.frame.num_chirps == 64
