"""TI boards by name: antenna positions, receiver parameters and chip, with their sources.

Antenna positions are in half wavelengths at the design frequency, seen from behind the board (left
is +y, up is +z):

    AWR1843BOOST, IWR6843ISK, IWR1443BOOST             IWR6843AOPEVM
         .    .   TX2   .    .                              .    .   TX1      RX2  RX4
        TX3   .    .    .   TX1    RX4 RX3 RX2 RX1          .    .    .       RX1  RX3
                                                           TX2   .   TX3
    AWR1642BOOST                                       IWR6843ISK-ODS
        TX2   .    .    .   TX1    RX4 RX3 RX2 RX1         TX2   .   TX1      RX4  RX1
                                                            .    .    .       RX3  RX2
                                                           TX3   .    .
    AWR2944EVM (TX2 raised by 0.8 wavelengths)
        .    .    .    .    .    .   TX2   .    .          IWRL6432BOOST, AWRL1432BOOST
       TX4   .    .    .   TX3   .    .    .   TX1                      .   RX2   .
                                   RX4 RX3 RX2 RX1          TX2 TX1    RX3   .   RX1

Verified:
    Columns and rows: TI mmWave SDK 3.x, ti/board/antenna_geometry.c (gAntDef_default for xWR1843,
    xWR6843 and xWR1642 boards, gAntDef_IWR6843AOP, gAntDef_IWR6843ODS).
    Signs: the SDK counts to the left and down; TI's 3D People Tracking configurations
    (antGeometry0, antGeometry1) contain exactly the negated values, because they count to the right
    and up. Independent evidence: a measurement on TI's forum (E2E 926713, AWR1443BOOST: for a
    target on the right the phase increases from RX1 to RX4, so RX4 is leftmost) and RadarML/xwr,
    which has TX2 above TX1 and TX3.
    Inverted channels: antPhaseRot in the same configurations, 1 -1 1 -1 ... for the AOP package,
    1 -1 -1 1 ... for the ODS board.
    Antenna spacing, half a wavelength at the design frequency: 2.5 mm for ISK and AOP, 2.426 mm for
    ODS, from a variant of antenna_geometry.c under TI's licence.
    AWR2944EVM, columns and distances: antGeometryCfg of TI's profiles for this board (mmWave MCU
    PLUS SDK 4, "1 0 1 1 1 2 1 3 0 2 0 3 ... 0.5 0.8": row and column of every pair, distances in
    wavelengths); demo documentation of this SDK, "Antenna Geometry Configuration". xWR2944 chip:
    datasheet SWRS330, table 6.8 (IWR2944, same RF core).
    AWRL1432BOOST: guide SWRU613A, section 2.1.1.1 and figure 3-6: receivers half a wavelength apart
    in azimuth and in elevation, transmitters half a wavelength apart in azimuth only.
    IWRL6432BOOST, with the layout of the AWRL1432BOOST: MMWAVE-L-SDK 5, motion_detect.c,
    gDefaultAntGeometry ({0,0}, {1,1}, {0,2}, {0,1}, {1,2}, {0,3}), 2.418 mm apart. Row
    0 is the lower row ("one lower row: 4 antennas, upper row 2 antennas", aoa2dproc.h) and columns
    count to the left: aoa2dproc.c turns phases that increase along the columns into positive x and
    along the rows into negative z.
    (Section 6.1.1 of the board's guide SWRU596 repeats the text of the IWR6843L; the azimuth
    resolution of 29 degrees in that section corresponds to a row of four elements.)
    Inverted channels of both xWRL boards: compRangeBiasAndRxChanPhase of TI's configurations,
    1 -1 1 -1 1 -1.
    xWR1843 chip: IWR1843 datasheet SWRS228A, page 29 (automotive AWR1843: same RF core, SWRS222
    not read). Shortest idle time: SWRA553A, section 2.2.1.

Not verified in the original documents (from secondary sources or memory); check before citing:
    - 77 GHz boards: antenna gain 10.5 dBi, design frequency 77 GHz (EVM guides SPRUIM4, SWRU518).
    - ISK: antenna gain 7 dBi (guide SWRU546; E2E thread 862661 quotes 6.8 dBi from a TI page).
    - ODS: antenna gain 5 dBi.
    - AOP: antenna gain 5.2 dBi (TI's Sensing Estimator as quoted on E2E thread 1277468). Together
      with the transmit power used here, this gain gives the datasheet's EIRP of 15 dBm, which is
      quoted on that thread and on thread 1167999.
    - xWR6843: noise figure 12 dB, slope 250 MHz/us, and band (SWRS219).
    - xWR1642: all parameters (SWRS203).
    - xWR1443: all parameters (SWRS212), and that its board has the 77 GHz layout.
    - AWR2944EVM: antenna gain, and that TX2 is above the other transmitters, as on the
      AWR1843BOOST.
    - xWRL6432 and xWRL1432: noise figure, slope and sweep; transmit power 11 dBm and antenna gain
      5.5 dBi (TI's Sensing Estimator as quoted by public code; SWRU596 says 5 to 6 dBi).
    - AWRL1432BOOST: design frequency 77 GHz.
    - All boards: distance between the transmitter and receiver groups, which matters only for
      targets nearer than half a metre.

ADC full scale: a published AWR1642 capture at 30 dB gain and 10 Msps shows an rms noise of 18.4
codes per complex sample; k T B F with a noise figure of 15 dB and 50 ohm gives 0.25 mV at the ADC,
so 32768 codes correspond to 0.45 V.
"""

import difflib

from radarsim.constants import SPEED_OF_LIGHT_MPS
from radarsim.radar.antennas import AntennaArray
from radarsim.radar.chip_limits import (
    XWR1443,
    XWR1642,
    XWR1843,
    XWR2944,
    XWR6843,
    XWRL1432,
    XWRL6432,
    check_limits,
)
from radarsim.radar.chirp import Chirp
from radarsim.radar.frame import Frame
from radarsim.radar.radar import Radar
from radarsim.radar.receiver import Receiver


def _array(
    *, tx, rx, separation, design_freq_hz, gain_dbi, inverted_rx=(), inverted_tx=()
) -> AntennaArray:
    """Create an array from columns (left) and rows (up), with its virtual array centred at zero.

    Args:
        tx: (left, up) of each transmitter [half wavelengths].
        rx: (left, up) of each receiver [half wavelengths].
        separation: distance from the centre of the receivers to the centre of the transmitters,
            which are on the left [half wavelengths].
        design_freq_hz: frequency to which the half wavelengths refer.
        gain_dbi: boresight gain of one antenna.
        inverted_rx: receivers with inverted phase.
        inverted_tx: transmitters with inverted phase.
    """
    half_m = SPEED_OF_LIGHT_MPS / (2 * design_freq_hz)

    def positions_m(group, centre_left):
        left0, up0 = (sum(axis) / len(group) for axis in zip(*group))
        return tuple(
            (0.0, (left - left0 + centre_left) * half_m, (up - up0) * half_m) for left, up in group
        )

    gains = tuple(
        tuple(
            complex((-1.0) ** ((tx_idx in inverted_tx) + (rx_idx in inverted_rx)))
            for rx_idx in range(len(rx))
        )
        for tx_idx in range(len(tx))
    )
    return AntennaArray(
        tx_positions_m=positions_m(tx, separation / 2),
        rx_positions_m=positions_m(rx, -separation / 2),
        design_freq_hz=design_freq_hz,
        gain_dbi=gain_dbi,
        channel_gain=gains,
    )


def _radar(name, start_ghz, array, noise_figure_db, tx_power_dbm) -> Radar:
    """Create a radar with mmCLIP's settings: 256 samples at 4.4 Msps, 128 loops, 10 frames/s.

    The firing order is TX1, TX2, TX3, as in TI's people tracking; TI's out-of-box demo fires TX1,
    TX3, TX2. The mmCLIP paper does not state its firing order.
    """
    return Radar(
        name=name,
        board=name,
        chirp=Chirp.from_datasheet(
            start_ghz=start_ghz,
            slope_mhz_per_us=60.012,
            idle_us=7,
            adc_start_us=6,
            ramp_end_us=65,
            sample_rate_ksps=4400,
            num_samples=256,
        ),
        frame=Frame(num_chirps=128, period_s=0.1, tx_order=tuple(range(array.num_tx))),
        array=array,
        receiver=Receiver(
            noise_figure_db=noise_figure_db, gain_db=30.0, adc_bits=16, full_scale_v=0.45
        ),
        tx_power_dbm=tx_power_dbm,
    )


_RAISED_MIDDLE = {
    "tx": ((0, 0), (2, 1), (4, 0)),
    "rx": ((0, 0), (1, 0), (2, 0), (3, 0)),
    "separation": 11,
}
_AOP = {
    "tx": ((0, 0), (2, -2), (0, -2)),
    "rx": ((1, -1), (1, 0), (0, -1), (0, 0)),
    "separation": 3,
    "inverted_rx": (1, 3),
}
_ODS = {
    "tx": ((0, 0), (2, 0), (2, -2)),
    "rx": ((0, 0), (0, -1), (1, -1), (1, 0)),
    "separation": 3,
    "inverted_rx": (1, 2),
}
_2944 = {
    "tx": ((0, 0), (2, 1.6), (4, 0), (8, 0)),
    "rx": ((0, 0), (1, 0), (2, 0), (3, 0)),
    "separation": 13,
}
_LOW_POWER = {
    "tx": ((0, 0), (1, 0)),
    "rx": ((0, 0), (1, 1), (2, 0)),
    "separation": 5,
    "inverted_rx": (1,),
    "inverted_tx": (1,),
}
_LEVEL = {**_RAISED_MIDDLE, "tx": ((0, 0), (4, 0))}
_77_GHZ = _array(**_RAISED_MIDDLE, design_freq_hz=77e9, gain_dbi=10.5)
_ISK = _array(**_RAISED_MIDDLE, design_freq_hz=60e9, gain_dbi=7.0)
_1642 = _array(**_LEVEL, design_freq_hz=77e9, gain_dbi=10.5)
_ODS_62_GHZ = _array(**_ODS, design_freq_hz=SPEED_OF_LIGHT_MPS / (2 * 2.426e-3), gain_dbi=5.0)
_AOP_60_GHZ = _array(**_AOP, design_freq_hz=60e9, gain_dbi=5.2)
_2944_77_GHZ = _array(**_2944, design_freq_hz=77e9, gain_dbi=10.5)
_6432_62_GHZ = _array(
    **_LOW_POWER, design_freq_hz=SPEED_OF_LIGHT_MPS / (2 * 2.418e-3), gain_dbi=5.5
)
_1432_77_GHZ = _array(**_LOW_POWER, design_freq_hz=77e9, gain_dbi=5.5)

DEFAULT_BOARD = "AWR1843BOOST"

BOARDS = {
    "AWR1843BOOST": _radar("AWR1843BOOST", 77, _77_GHZ, 15.0, 12.0),
    "IWR6843ISK": _radar("IWR6843ISK", 60, _ISK, 12.0, 12.0),
    "IWR6843AOPEVM": _radar("IWR6843AOPEVM", 60, _AOP_60_GHZ, 12.0, 9.8),
    "IWR6843ISK-ODS": _radar("IWR6843ISK-ODS", 60, _ODS_62_GHZ, 12.0, 12.0),
    "IWR1443BOOST": _radar("IWR1443BOOST", 77, _77_GHZ, 15.0, 12.0),
    "AWR1642BOOST": _radar("AWR1642BOOST", 77, _1642, 15.0, 12.0),
    "AWR2944EVM": _radar("AWR2944EVM", 77, _2944_77_GHZ, 12.0, 13.5),
    "IWRL6432BOOST": _radar("IWRL6432BOOST", 60, _6432_62_GHZ, 12.0, 11.0),
    "AWRL1432BOOST": _radar("AWRL1432BOOST", 77, _1432_77_GHZ, 12.0, 11.0),
}

CHIP_OF_BOARD = {
    "AWR1843BOOST": XWR1843,
    "IWR6843ISK": XWR6843,
    "IWR6843AOPEVM": XWR6843,
    "IWR6843ISK-ODS": XWR6843,
    "IWR1443BOOST": XWR1443,
    "AWR1642BOOST": XWR1642,
    "AWR2944EVM": XWR2944,
    "IWRL6432BOOST": XWRL6432,
    "AWRL1432BOOST": XWRL1432,
}

for _name, _preset in BOARDS.items():
    check_limits(_preset, CHIP_OF_BOARD[_name])


def find_board(name: str) -> str:
    """Find the key of `BOARDS` for a name in any case, with or without hyphens.

    The automotive and industrial boards of a chip have the same antennas, so IWR1843BOOST is found
    as AWR1843BOOST.

    Args:
        name: name of a board.

    Returns:
        The key; "" if there is no such board.
    """
    wanted = plain_name(name)
    keys = {plain_name(key): key for key in BOARDS}
    twin = {"A": "I", "I": "A"}.get(wanted[:1], "") + wanted[1:]
    return keys.get(wanted) or keys.get(twin, "")


def suggest_board(name: str) -> str:
    """Return a hint for an unknown board name: the most similar name, and a list of all names."""
    wanted = plain_name(name)
    keys = {plain_name(key): key for key in BOARDS}
    close = difflib.get_close_matches(wanted, keys, n=1)
    meant = f"did you mean {keys[close[0]]}? " if close else ""
    return f"{meant}The boards are {', '.join(BOARDS)}"


def plain_name(name: str) -> str:
    """Reduce a name to capital letters and digits."""
    return "".join(letter for letter in name.upper() if letter.isalnum())
