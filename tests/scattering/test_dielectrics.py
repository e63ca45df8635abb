"""Tests of skin permittivity and of layered dielectrics against hand calculations."""

import numpy as np
import pytest

from radarsim.constants import SPEED_OF_LIGHT_MPS
from radarsim.errors import InputError
from radarsim.scattering.dielectrics import Clothing, layered_reflection, skin_permittivity
from radarsim.scattering.reflection import PhysicalOptics
from tests.helpers.scenes import RADAR

FREQ_HZ = 75e9
WAVELENGTH_M = SPEED_OF_LIGHT_MPS / FREQ_HZ


@pytest.mark.parametrize(
    ("freq_hz", "permittivity"), [(60e9, 7.975 - 10.904j), (77e9, 6.565 - 8.913j)]
)
def test_skin_has_the_published_permittivity(freq_hz, permittivity):
    """The permittivity agrees within 0.005 with a hand calculation from the published parameters.

    With w tau = 2.7271 at 60 GHz and 3.4998 at 77 GHz, the fast dispersion 32 / (1 + j w tau) is
    3.793 - j10.343 and 2.415 - j8.453. The slow dispersion adds 1100 / (j w 32.481 ns)^0.8, which
    is 0.182 - j0.561 and 0.149 - j0.460. The permittivity above both dispersions is 4.
    """
    assert skin_permittivity(freq_hz) == pytest.approx(permittivity, abs=0.005)


def test_a_quarter_wave_of_the_mean_index_removes_the_reflection():
    """A quarter-wave layer with index sqrt(n) on index n reflects (n - n) / (n + n) = 0."""
    index = 3.0
    layer = (index + 0j, WAVELENGTH_M / (4 * np.sqrt(index)))
    assert abs(layered_reflection(FREQ_HZ, (layer,), index**2)) < 1e-12


def test_a_half_wave_or_no_layer_leaves_the_bare_reflection():
    """The coefficient remains (1 - 3) / (1 + 3) = -1/2, as without layers on an index of 3."""
    half_wave = (2.25 + 0j, WAVELENGTH_M / 2 / 1.5)
    for layers in ((), ((5 - 1j, 0.0),), (half_wave,)):
        assert layered_reflection(FREQ_HZ, layers, 9.0) == pytest.approx(-0.5, abs=1e-12)


def test_a_lossless_layer_on_metal_only_shifts_the_phase():
    """The reflection has the magnitude 1; air of thickness d gives -exp(-j 2 k d)."""
    thickness_m = 0.7e-3
    coated = layered_reflection(FREQ_HZ, ((2.5 + 0j, thickness_m),), None)
    assert abs(coated) == pytest.approx(1.0, abs=1e-12)
    distant = layered_reflection(FREQ_HZ, ((1 + 0j, thickness_m),), None)
    phase = 4 * np.pi * thickness_m / WAVELENGTH_M
    assert distant == pytest.approx(-np.exp(-1j * phase), abs=1e-12)


def test_a_lossy_layer_of_many_wavelengths_hides_what_lies_behind():
    """Only the outer surface reflects, with the coefficient (1 - sqrt(eps)) / (1 + sqrt(eps))."""
    permittivity = 4 - 2j
    seen = layered_reflection(FREQ_HZ, ((permittivity, 0.03),), None)
    root = np.sqrt(permittivity)
    assert seen == pytest.approx((1 - root) / (1 + root), abs=1e-6)


def test_oblique_incidence_obeys_fresnel_and_brewster():
    """At 60 degrees on eps = 3, TE reflection is -1/2, and TM reflection is zero.

    With sqrt(3 - 3/4) = 3/2, Fresnel's TE coefficient is (1/2 - 3/2) / 2 = -1/2. The Brewster
    angle of eps = 3 is arctan(sqrt(3)) = 60 degrees, at which the TM reflection vanishes.
    """
    angle_rad = np.radians(60)
    assert layered_reflection(FREQ_HZ, (), 3.0, angle_rad) == pytest.approx(-0.5, abs=1e-12)
    assert abs(layered_reflection(FREQ_HZ, (), 3.0, angle_rad, "tm")) < 1e-12


def test_clothing_changes_level_and_phase_of_the_whole_echo():
    """A fabric of zero thickness has no effect, and an air gap only increases the distance."""
    bare = PhysicalOptics(clothing=Clothing(thickness_m=0.0))
    root = np.sqrt(skin_permittivity(RADAR.chirp.centre_freq_hz))
    skin = abs((1 - root) / (1 + root))
    for surface in (bare, PhysicalOptics()):
        assert surface.reflectivity_at(RADAR) == pytest.approx(skin, rel=1e-12)
    assert bare._clothing_cycles(RADAR) == pytest.approx(0, abs=1e-12)
    gap_m = 0.3e-3
    behind = PhysicalOptics("metal", clothing=Clothing(thickness_m=0.0, gap_m=gap_m))
    assert behind.reflectivity_at(RADAR) == pytest.approx(1.0, rel=1e-12)
    farther_cycles = 2 * gap_m / RADAR.chirp.wavelength_m
    assert behind._clothing_cycles(RADAR) == pytest.approx(farther_cycles, rel=1e-9)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"thickness_m": 0.6}, "thickness_m"),
        ({"thickness_m": -1e-3}, "thickness_m"),
        ({"thickness_m": 1e-3, "permittivity": 1.7 + 0.05j}, "permittivity"),
        ({"thickness_m": 1e-3, "gap_m": 0.2}, "gap_m"),
    ],
)
def test_clothing_that_cannot_exist_is_refused_by_field(values, field):
    with pytest.raises(InputError, match=field):
        Clothing(**values)


def test_an_unknown_polarisation_is_refused():
    with pytest.raises(InputError, match="polarisation: is 'TE', which is unknown; choose one of"):
        layered_reflection(FREQ_HZ, (), 3.0, polarisation="TE")
