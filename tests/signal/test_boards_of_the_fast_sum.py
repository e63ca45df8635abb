"""The fast sum equals the exact sum for the paper's full radar and small radars of all boards."""

from dataclasses import replace

import pytest

from radarsim.radar.boards import BOARDS
from radarsim.scattering.reflection import QuasiSpecular
from radarsim.scene.mesh import frames_of
from radarsim.signal.exact_frames import exact_frame
from tests.helpers.echoes import error_db, fast_clip
from tests.helpers.moving_sphere import (
    BOARD,
    CLEAN,
    CONVEX,
    moving_sphere,
    relative_db,
    small_radar,
)

pytestmark = pytest.mark.slow

ALL_FACES = replace(CONVEX, cull=0.0)
LOBES = QuasiSpecular(0.5)


def test_the_paper_radar_in_full_equals_the_oracle_on_some_of_its_chirps():
    burst, faces = moving_sphere(BOARD)
    cube = fast_clip(BOARD, CLEAN, LOBES, burst, faces)
    truth = exact_frame(BOARD, CLEAN, LOBES, frames_of(burst)[0], faces, (0, 77, 127))
    # In this test, culling removes faces that are weaker than 1e-4 of the strongest face.
    assert relative_db(cube[0, [0, 77, 127]], truth) < -65


@pytest.mark.parametrize("board", sorted(set(BOARDS) - {BOARD.name}))
def test_other_boards_are_as_exact(board):
    radar = small_radar(like=BOARDS[board])
    burst, faces = moving_sphere(radar, 2.5)
    assert error_db(radar, ALL_FACES, LOBES, burst, faces) < -70
