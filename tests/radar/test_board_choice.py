"""Inference of the board of a TI configuration: each kind of evidence, conflicts, and guesses."""

import numpy as np
import pytest

from radarsim.errors import InputError
from radarsim.files import load_setup
from radarsim.radar.boards import BOARDS, find_board, suggest_board
from radarsim.radar.configuration_files import parse_setup
from tests.helpers.ti_configurations import CFG, LUA, studio_json

AOP, ODS = (1, -1, 1, -1), (1, -1, -1, 1)


def cfg(start_ghz: float = 60.5, tx: str = "124", extra: str = "", platform: str = "") -> str:
    """A configuration with one loop over the transmitters with the given masks."""
    chirps = "".join(f"chirpCfg {i} {i} 0 0 0 0 0 {mask}\n" for i, mask in enumerate(tx))
    mask = sum(int(each) for each in tx)
    named = f"% Platform:{platform}\n" if platform else ""
    return (
        f"{named}channelCfg 15 {mask} 0\nadcCfg 2 1\nadcbufCfg -1 0 1 1 1\n"
        f"profileCfg 0 {start_ghz} 100 6 66 0 0 50 1 256 6000 0 0 30\n{chirps}"
        f"frameCfg 0 {len(tx) - 1} 32 0 100 1 0\n{extra}\n"
    )


def factors(signs, times: int = 3, common: int = 1) -> str:
    pairs = " ".join(f"{common * sign} 0" for sign in signs * times)
    return f"compRangeBiasAndRxChanPhase 0.0 {pairs}"


def geometry(board: str) -> str:
    """Return antGeometry0 and antGeometry1 of a board, in half wavelengths to the right and up."""
    array = BOARDS[board].array
    steps = np.round((array.virtual_m - array.virtual_m[0, 0]) / array.half_wavelength_m)
    left, up = (steps[..., axis].reshape(-1).astype(int) for axis in (1, 2))
    right = " ".join(str(-each) for each in left)
    return f"antGeometry0 {right}\nantGeometry1 {' '.join(map(str, up))}\n"


@pytest.mark.parametrize(
    ("text", "board"),
    [
        (cfg(77, "12", "compRangeBiasAndRxChanPhase 0" + " 1 0" * 8), "AWR1642BOOST"),
        (cfg(77, "12", "compRangeBiasAndRxChanPhase 0" + " 1 0" * 12), "AWR1843BOOST"),
        (cfg(extra=factors(AOP)), "IWR6843AOPEVM"),
        (cfg(extra=factors(ODS)), "IWR6843ISK-ODS"),
        (cfg(extra=factors(AOP, common=-1)), "IWR6843AOPEVM"),
        (cfg(extra="antPhaseRot " + "1 -1 " * 6), "IWR6843AOPEVM"),
        (cfg(extra="antPhaseRot " + "-1 1 " * 6), "IWR6843AOPEVM"),
        (cfg(extra="antPhaseRot " + "-1 1 1 -1 " * 3), "IWR6843ISK-ODS"),
        (cfg(extra=geometry("IWR6843AOPEVM")), "IWR6843AOPEVM"),
        (cfg(extra=geometry("IWR6843ISK-ODS")), "IWR6843ISK-ODS"),
        (cfg(extra=geometry("IWR6843ISK")), "IWR6843ISK"),
        (cfg(extra=factors(AOP), platform="xWR68xx"), "IWR6843AOPEVM"),
        (cfg(extra=factors((1,) * 4)), "IWR6843ISK"),
        (cfg(platform="xWR68xx_AOP"), "IWR6843AOPEVM"),
        (cfg(platform="iwr6843isk_ods"), "IWR6843ISK-ODS"),
        (cfg(77, "12", platform="xWR16xx"), "AWR1642BOOST"),
        (cfg(77, "124", platform="xWR14xx"), "IWR1443BOOST"),
    ],
)
def test_each_kind_of_evidence_identifies_the_board(text, board):
    assert parse_setup(text, "a.cfg").radar.board == board


@pytest.mark.parametrize("seed", range(20))
def test_signs_up_to_a_common_factor_identify_the_board_in_any_spelling(seed):
    """The factors of a board get a random magnitude, common sign and number format."""
    rng = np.random.default_rng(seed)
    signs, board = ((AOP, "IWR6843AOPEVM"), (ODS, "IWR6843ISK-ODS"))[seed % 2]
    size, common = rng.uniform(0.5, 1.0), rng.choice([-1, 1])
    form = rng.choice(["{:.4f}", "{:g}", "{:+.5e}"])
    pairs = " ".join(f"{form.format(common * size * sign)} 0.000" for sign in signs * 3)
    setup = parse_setup(cfg(extra=f"compRangeBiasAndRxChanPhase 0.05 {pairs}"), "a.cfg")
    assert setup.radar.board == board
    gains = setup.radar.array.gains.reshape(-1)
    np.testing.assert_allclose(gains * common, signs * 3, rtol=1e-4)  # rounding to printed digits


def test_measured_factors_of_any_phase_do_not_identify_a_board():
    rng = np.random.default_rng(3)
    phases = np.exp(1j * rng.uniform(-3, 3, 12))
    pairs = " ".join(f"{value.real:.4f} {value.imag:.4f}" for value in phases)
    setup = parse_setup(cfg(extra=f"compRangeBiasAndRxChanPhase 0 {pairs}"), "a.cfg")
    assert setup.radar.board == "IWR6843ISK"
    assert "IWR6843AOPEVM and IWR6843ISK-ODS fit as well" in setup.board_guess


@pytest.mark.parametrize(
    ("name", "start_ghz", "board"),
    [
        ("area_scanner_68xx_AOP.cfg", 60.5, "IWR6843AOPEVM"),
        ("ods-6843-10Hz.cfg", 60.5, "IWR6843ISK-ODS"),
        ("6843ISK_default.cfg", 60.5, "IWR6843ISK"),
        ("1642_short_range.cfg", 77, "AWR1642BOOST"),
        ("xwr14xx_walk.cfg", 77, "IWR1443BOOST"),
        ("xwr18xx_walk.cfg", 60.5, "IWR6843ISK"),  # ignored: contradicts the carrier frequency
        ("20216843.cfg", 77, "AWR1843BOOST"),  # the digits are part of a longer number
        ("desktop.cfg", 60.5, "IWR6843ISK"),  # "ods" and "aop" are not separate words
    ],
)
def test_the_name_of_the_file_is_a_weak_clue(name, start_ghz, board):
    assert parse_setup(cfg(start_ghz, "12"), f"/data/{name}").radar.board == board


def test_only_the_name_of_the_file_counts_not_its_folder():
    assert parse_setup(cfg(), "/home/aop/6843_ods/a.cfg").radar.board == "IWR6843ISK"


def test_positions_outright_make_an_array_of_their_own():
    """The stated positions form a row of twelve elements: TX 4 steps apart, RX 1 step apart."""
    right = " ".join(str(-(4 * tx + rx)) for tx in range(3) for rx in range(4))
    text = cfg(extra=f"antGeometry0 {right}\nantGeometry1 {'0 ' * 12}")
    setup = parse_setup(text, "own.cfg")
    array = setup.radar.array
    half_m = BOARDS["IWR6843ISK"].array.half_wavelength_m
    left = (array.virtual_m[..., 1] - array.virtual_m[0, 0, 1]) / half_m
    np.testing.assert_allclose(left.reshape(-1), np.arange(12), atol=1e-9)
    np.testing.assert_allclose(array.virtual_m[..., 2], array.virtual_m[0, 0, 2], atol=1e-15)
    assert len(array.azimuth_row()) == 12
    assert setup.capture_format.assumed == ("board",)
    assert any("positions in antGeometry0 and antGeometry1" in note for note in setup.notes)


def test_positions_that_are_no_sums_are_refused():
    text = cfg(extra=f"antGeometry0 {'0 ' * 11} 5\nantGeometry1 {'0 ' * 12}")
    with pytest.raises(InputError, match="not sums of a TX and an RX position"):
        parse_setup(text, "own.cfg")


@pytest.mark.parametrize(
    ("text", "field", "problem"),
    [
        (cfg(60.5, platform="xWR18xx"), "`% Platform:xWR18xx`", "carrier starts at 60.5 GHz"),
        (cfg(77, platform="xWR68xx"), "`% Platform:xWR68xx`", "carrier starts at 77 GHz"),
        (cfg(77, "14", platform="xWR16xx"), "`% Platform:xWR16xx`", "TX3 fires"),
        (
            cfg(77, "12", "compRangeBiasAndRxChanPhase 0" + " 1 0" * 8, "xWR18xx"),
            "board",
            "has 8 factors, but `% Platform:xWR18xx`",
        ),
    ],
)
def test_contradictions_name_both_sides_and_the_comment(text, field, problem):
    with pytest.raises(InputError) as refused:
        parse_setup(text, "a.cfg")
    assert refused.value.where == "a.cfg"
    assert refused.value.field == field
    assert problem in refused.value.problem
    assert "\n" not in str(refused.value)


def test_an_unknown_chip_is_named_with_the_boards():
    with pytest.raises(InputError, match=r"AWR2188, which is unknown.*The boards are AWR1843BOOST"):
        parse_setup(cfg(77, platform="AWR2188"), "a.cfg")
    with pytest.raises(InputError, match="its antenna positions are unknown"):
        parse_setup(cfg(77, platform="xWR1843AOP"), "a.cfg")


@pytest.mark.parametrize("text", [cfg(), cfg(77), cfg(platform="xWR68xx")])
def test_a_guess_is_stated_with_the_alternatives_and_the_way_to_settle_it(text):
    setup = parse_setup(text, "a.cfg")
    assert "is a guess (" in setup.board_guess
    assert "fit as well" in setup.board_guess
    assert f"add `% Platform:{setup.radar.board}` to the file" in setup.board_guess


@pytest.mark.parametrize(
    "board", ["IWR6843ISK", "IWR6843AOPEVM", "IWR6843ISK-ODS", "awr6843aopevm"]
)
def test_the_stated_ways_settle_the_board(board, tmp_path):
    """The board can be stated by a comment, an option, or a radar file written with the option."""
    from radarsim.radar.__main__ import main

    named = parse_setup(cfg(platform=board), "a.cfg")
    given = parse_setup(cfg(), "a.cfg", find_board(board))
    for setup in (named, given):
        assert (setup.radar.board, setup.board_guess) == (find_board(board), "")
        assert setup.capture_format.assumed == ()
    assert named.radar == given.radar
    path = tmp_path / "a.cfg"
    path.write_text(cfg())
    assert load_setup(path, board).radar == given.radar
    assert main([str(path), "--board", board, "--toml"]) == 0


def test_scripts_and_json_say_how_to_settle_the_board():
    assert "add `-- Platform:" in parse_setup(LUA, "a.lua").board_guess
    guess = parse_setup(studio_json(), "a.mmwave.json").board_guess
    assert "--board AWR1843BOOST --toml" in guess
    assert "add `" not in guess


def test_the_command_prints_the_guess_below_the_title_and_not_where_none_is(tmp_path, capsys):
    from radarsim.radar.__main__ import main

    path = tmp_path / "a.cfg"
    path.write_text(cfg())
    assert main([str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].strip().startswith("board: IWR6843ISK is a guess")
    assert max(map(len, lines[: lines.index("Chirp")])) <= 100
    assert main([str(path), "--board", "IWR6843ISK"]) == 0
    assert "guess" not in capsys.readouterr().out


def test_a_radar_file_that_lists_the_board_as_assumed_states_it(tmp_path):
    path = tmp_path / "radar.toml"
    path.write_text('board = "awr1843boost"\n[capture]\nassumed = ["board", "antennas"]\n')
    setup = load_setup(path)
    assert setup.radar.board == "AWR1843BOOST"
    assert setup.board_guess.startswith("board: AWR1843BOOST is assumed")


def test_the_option_is_refused_for_radar_files_and_unknown_boards(tmp_path):
    path = tmp_path / "radar.toml"
    path.write_text('board = "AWR1843BOOST"\n')
    with pytest.raises(InputError, match="is given for a radar file"):
        load_setup(path, "AWR1843BOOST")
    with pytest.raises(InputError, match="did you mean IWR6843ISK-ODS"):
        load_setup(path, "IWR6843ISK-OD")


@pytest.mark.parametrize(
    ("name", "board"),
    [
        ("awr1843boost", "AWR1843BOOST"),
        ("Iwr6843Isk_Ods", "IWR6843ISK-ODS"),
        ("IWR1843BOOST", "AWR1843BOOST"),
        ("AWRL6432BOOST", "IWRL6432BOOST"),
        ("iwr 6843 aop evm", "IWR6843AOPEVM"),
        ("AWR1843", ""),
        ("", ""),
    ],
)
def test_boards_are_found_in_any_case(name, board):
    assert find_board(name) == board


@pytest.mark.parametrize("seed", range(10))
def test_a_misspelt_board_is_refused_with_the_nearest_name(seed):
    """One letter of the name is removed, and upper and lower case are random."""
    rng = np.random.default_rng(seed)
    board = list(BOARDS)[seed % len(BOARDS)]
    at = rng.integers(5, len(board))
    name = "".join(
        rng.choice([str.upper, str.lower])(each) for each in board[:at] + board[at + 1 :]
    )
    with pytest.raises(InputError, match="did you mean"):
        load_setup(name)
    assert board in suggest_board(name)


def test_prompts_of_a_terminal_and_other_cases_of_the_commands_are_read():
    plain = parse_setup(CFG, "a.cfg")
    prompted = "".join(f"mmwDemo:/>{line}\n" for line in CFG.splitlines() if line[0] != "%")
    named = "% Platform:xWR18xx\n" + prompted.replace("profileCfg", "ProfileCfg")
    assert parse_setup(named, "a.cfg").radar == plain.radar
