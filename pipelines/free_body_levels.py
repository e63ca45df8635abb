"""Echo levels of the free body model, for the boards and lobe widths of the presets.

Computing a level requires two compiled programs that have no other use and that take a fifth of the
time to the first clip. The values were computed by `subjects.anchored_levels`; a test recomputes
them.
"""

from radarsim.radar.boards import BOARDS
from radarsim.radar.radar import Radar

BOARD = "AWR1843BOOST"
# Echo levels, keyed by the range of lobe widths [rad], at the widths of
# `subjects.level_widths_rad`.
LEVELS = {
    (0.5, 0.5): (0.4864687919616699,),
    (0.3, 0.5): (
        *(0.7056498527526855, 0.6905671954154968, 0.6614640951156616, 0.6212809085845947),
        *(0.576238751411438, 0.5348826050758362, 0.5043716430664062, 0.4884779155254364),
    ),
    (0.35, 0.65): (
        *(0.6413962841033936, 0.6209548115730286, 0.5823816657066345, 0.5322479605674744),
        *(0.48109206557273865, 0.4383372366428375, 0.4087514579296112, 0.39380624890327454),
    ),
    (0.4, 1.0): (
        *(0.5802130699157715, 0.549310028553009, 0.49451467394828796, 0.43087923526763916),
        *(0.3730577230453491, 0.32773539423942566, 0.296935498714447, 0.28147125244140625),
    ),
    (0.55, 0.8): (
        *(0.447842001914978, 0.4375854730606079, 0.41940057277679443, 0.39707913994789124),
        *(0.374590128660202, 0.355171263217926, 0.3410818576812744, 0.33370816707611084),
    ),
}


def known_levels(radar: Radar, sigma_rad: tuple[float, float]) -> tuple[float, ...] | None:
    """Return the free body's levels for a range of lobe widths; None if they must be computed.

    A level depends on the radar's frequencies and antennas, but not on the radar's timing.

    Args:
        radar: radar of the recipe.
        sigma_rad: minimum and maximum width of the reflection lobe [rad].
    """
    board = BOARDS[BOARD]
    if (radar.chirp, radar.array) != (board.chirp, board.array):
        return None
    return LEVELS.get(sigma_rad)
