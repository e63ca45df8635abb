"""The receiver profile "datasheet" of TI's boards, with the sources of its values.

Verified in TI's documents:
    - Phase noise of the 77 GHz chips: the IWR1843 datasheet SWRS228A (page 29) gives -95 dBc/Hz at
      1 MHz offset at 76 to 77 GHz, and -93 dBc/Hz at 77 to 81 GHz. The profile uses the latter.
    - Mismatch between receivers: +-0.5 dB and +-3 degrees (same page). That these limits are two
      standard deviations is an interpretation.
    - First high-pass corner, 175 kHz: according to the receive subsystem in the datasheets of
      IWR1843 (SWRS228B) and IWR6843 (SWRS219E and F), the IF band-pass has configurable lower
      cutoff frequencies above 175 kHz, and supports bandwidths up to 10 MHz.

Supported by other sources:
    - Second high-pass corner, 350 kHz: comments in many public capture scripts list 175, 235, 350
      and 700 kHz for the codes 0 to 3 of hpfCornerFreq1 in TI's configuration tools, and 350, 700,
      1400 and 2800 kHz for those of hpfCornerFreq2. The profile has the corners of the codes 0 and
      0, for all boards; the configuration of low-power chips contains only one corner.
    - Half-power angles of the low-power boards, +-60 degrees in azimuth and elevation: TI's Radar
      Toolbox 2.00.00.06 ("Reference Designs Overview") lists a field of view of +-60 degrees in
      both planes for IWRL6432 FCCSP designs, where the combined pattern of transmitter and receiver
      falls by 6 dB, that is, each antenna by 3 dB. These are related designs, not the board.

Not verified, from memory; to be checked before they are cited:
    - Half-power angles of the other antennas: +-28 degrees in azimuth and +-14 degrees in elevation
      for the 77 GHz boards, +-60 and +-15 degrees for ISK, +-60 and +-60 degrees for ODS and AOP.
      They are plausible: the directivity of each pattern exceeds the published peak gain by 1 to
      4 dB. Plots in user guides may show transmitter and receiver together, as that of the
      IWR6843L EVM (SWRU585) states, so the one-way angle is at -6 dB in such a plot.
    - Anti-alias filter: a pass band up to 0.9 of the complex sample rate with +-0.5 dB ripple, and
      60 dB attenuation of frequencies that alias into the pass band.
    - Phase noise of the 60 GHz chips: -92 dBc/Hz at 1 MHz offset.

The back lobes of -30 dB and the phase-locked loop's bandwidth of 300 kHz are assumptions without a
source. Leakage, DC offset, chirp jitter and packet loss depend on the individual board and are not
specified by TI, so these parts are ideal in the profile "datasheet". The command
`radarsim.validate --fit` measures noise and leakage in a capture.
"""

import math

from radarsim.errors import InputError
from radarsim.radar.boards import BOARDS
from radarsim.radar.radar import Radar
from radarsim.radar.receiver_profile import (
    AntennaPattern,
    ChannelMismatch,
    IfFilter,
    PhaseNoise,
    ReceiverProfile,
)

PROFILE_NAMES = ("ideal", "datasheet")
_WIDE = (60.0, 60.0)
# Half-power angles in azimuth and elevation [deg].
HALF_POWER_DEG = {
    "AWR1843BOOST": (28.0, 14.0),
    "IWR1443BOOST": (28.0, 14.0),
    "AWR1642BOOST": (28.0, 14.0),
    "AWR2944EVM": (28.0, 14.0),
    "IWR6843ISK": (60.0, 15.0),
    "IWR6843ISK-ODS": _WIDE,
    "IWR6843AOPEVM": _WIDE,
    "IWRL6432BOOST": _WIDE,
    "AWRL1432BOOST": _WIDE,
}
BACK_LOBE_DB = -30.0


def cosine_exponent(half_power_rad: float) -> float:
    """Return the exponent n for which cos^n of an angle is one half."""
    return math.log(0.5) / math.log(math.cos(half_power_rad))


def board_pattern(board: str) -> AntennaPattern:
    """Return the pattern that all antennas of a board in `boards.BOARDS` share."""
    azimuth, elevation = (cosine_exponent(math.radians(deg)) for deg in HALF_POWER_DEG[board])
    return AntennaPattern(
        azimuth_exponent=azimuth, elevation_exponent=elevation, back_lobe_db=BACK_LOBE_DB
    )


def datasheet_profile(radar: Radar) -> ReceiverProfile:
    """Return the profile "datasheet" of a radar.

    Raises:
        InputError: the radar does not name a board, so no datasheet is known.
    """
    if radar.board not in BOARDS:
        problem = f"is {radar.board!r}; the profile datasheet needs one of TI's boards"
        hint = 'name the board in the radar file (board = "AWR1843BOOST"), or give a profile file'
        raise InputError("receiver", "board", problem, hint)
    pattern = board_pattern(radar.board)
    above_70_ghz = radar.chirp.centre_freq_hz > 70e9
    return ReceiverProfile(
        name="datasheet",
        source="TI documents listed in radarsim.radar.receiver_profiles",
        tx_pattern=pattern,
        rx_pattern=pattern,
        if_filter=IfFilter(high_pass_1_hz=175e3, high_pass_2_hz=350e3),
        phase_noise=PhaseNoise(level_dbc_per_hz=-93.0 if above_70_ghz else -92.0),
        mismatch=ChannelMismatch(gain_db=0.25, phase_rad=math.radians(1.5)),
    )


def profile_named(name: str, radar: Radar) -> ReceiverProfile | None:
    """Return the profile with a name in `PROFILE_NAMES`; None for the ideal radar.

    Raises:
        InputError: the name is unknown, or the profile does not exist for this radar.
    """
    if name == "ideal":
        return None
    if name == "datasheet":
        return datasheet_profile(radar)
    hint = f"use {' or '.join(PROFILE_NAMES)}, or the path of a .toml file"
    raise InputError("receiver", "profile", f"is {name!r}, neither a profile nor a file", hint)
