"""One and two reflections in a room compared with the ray tracer Sionna RT: delays and path gains.

Sionna RT needs LLVM or CUDA. Sionna RT is not part of the extra `oracle`, because it takes 300 MB;
the test runs only where Sionna RT is installed.
"""

import numpy as np
import pytest

rt = pytest.importorskip("sionna.rt", reason="the ray tracer: pip install sionna-rt, and LLVM")

from radarsim.multipath.legs import image_map, leg_reflection, make_leg  # noqa: E402
from radarsim.scene.materials import MATERIALS  # noqa: E402
from radarsim.scene.room import Plane  # noqa: E402

SPEED_OF_LIGHT_MPS = 299_792_458.0
FREQ_HZ = 77e9
VERTICAL = np.array([0.0, 0.0, 1.0])
TX_M, RX_M = np.array([0.0, 0.0, 1.0]), np.array([3.0, 0.4, 0.8])
# A rectangle of 40 m x 40 m with normal +z, and the same rectangle rotated to a wall at y = 1.5 m.
SURFACES = {
    "floor": ("", np.array([0.0, 0.0, 1.0]), 0.0),
    "wall": (
        '<rotate x="1" angle="90"/><translate y="1.5"/>',
        np.array([0.0, -1.0, 0.0]),
        -1.5,
    ),
}
SCENE = """<scene version="2.1.0">
<bsdf type="itu-radio-material" id="mat"><string name="type" value="{material}"/>
<float name="thickness" value="10"/></bsdf>
{shapes}</scene>"""
SHAPE = """<shape type="rectangle" id="{name}"><transform name="to_world"><scale value="20"/>{place}
</transform><ref id="mat" name="bsdf"/></shape>"""


def traced(path, material, surfaces):
    """Return delays [s] and gains of the direct and all reflected paths, ordered by delay."""
    shapes = "".join(SHAPE.format(name=name, place=SURFACES[name][0]) for name in surfaces)
    path.write_text(SCENE.format(material=material, shapes=shapes))
    scene = rt.load_scene(str(path), merge_shapes=False)
    scene.frequency = FREQ_HZ
    array = rt.PlanarArray(num_rows=1, num_cols=1, pattern="iso", polarization="V")
    scene.tx_array = scene.rx_array = array
    scene.add(rt.Transmitter("tx", position=TX_M.tolist()))
    scene.add(rt.Receiver("rx", position=RX_M.tolist()))
    paths = rt.PathSolver()(scene, max_depth=len(surfaces), refraction=False)
    gains, delays_s = paths.cir(normalize_delays=False, out_type="numpy")
    return np.sort(delays_s.ravel()), np.abs(gains).ravel()[np.argsort(delays_s.ravel())]


def predicted(material, surfaces):
    """Return delay [s] and gain lambda |Gamma| / (4 pi d) of the path via all given surfaces."""
    planes = [Plane(name, *SURFACES[name][1:], MATERIALS[material]) for name in surfaces]
    ray_m = RX_M - image_map(planes).of(TX_M)
    length_m = np.linalg.norm(ray_m)
    leg = make_leg(planes, FREQ_HZ, VERTICAL, len(planes), np.float64)
    wavelength_m = SPEED_OF_LIGHT_MPS / FREQ_HZ
    gamma = np.abs(leg_reflection(leg, 2 * np.pi / wavelength_m, ray_m[None] / length_m))[0]
    return length_m / SPEED_OF_LIGHT_MPS, wavelength_m * gamma / (4 * np.pi * length_m)


@pytest.mark.parametrize("surface", list(SURFACES))
@pytest.mark.parametrize("material", ["concrete", "plasterboard", "glass"])
def test_delay_and_gain_of_a_reflection_agree(tmp_path, surface, material):
    """The delays agree to 0.1 ps, and the gains lambda |Gamma| / (4 pi d) to 0.05 dB.

    Sionna RT computes in float32, which limits the delay to about 0.01 ps and the gain to 0.01 dB.
    """
    delays_s, gains = traced(tmp_path / "scene.xml", material, [surface])
    delay_s, gain = predicted(material, [surface])
    assert delays_s[1] == pytest.approx(delay_s, abs=1e-13)
    assert 20 * np.log10(gains[1] / gain) == pytest.approx(0.0, abs=0.05)


@pytest.mark.parametrize("material", ["concrete", "metal"])
def test_delay_and_gain_of_the_reflection_on_wall_and_floor_agree(tmp_path, material):
    """The longest of four paths is that via both surfaces; the delays agree to 0.1 ps."""
    delays_s, gains = traced(tmp_path / "scene.xml", material, ["floor", "wall"])
    delay_s, gain = predicted(material, ["floor", "wall"])
    assert len(delays_s) == 4
    assert delays_s[3] == pytest.approx(delay_s, abs=1e-13)
    assert 20 * np.log10(gains[3] / gain) == pytest.approx(0.0, abs=0.05)
