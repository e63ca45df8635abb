"""Rows of the data card for settings that most stores leave at their default values."""

from pipelines.recipe import Recipe
from pipelines.recipe_sections import Area, Maps, Simulation


def optional_settings(recipe: Recipe) -> dict[str, str]:
    """Return the rows of area, noise, visibility, mesh and taper that are not the defaults.

    Rows of default values are left out, so that the cards of most stores keep their text.
    """
    area, simulation, usual = recipe.area, recipe.simulation, Simulation()
    rows = {}
    if area != Area():
        ahead = f"{area.near_m:g} to {area.far_m:g} ahead"
        rows["area [m]"] = f"{ahead}, {area.half_width_m:g} to either side"
    if simulation.extra_noise_db != usual.extra_noise_db:
        low_db, high_db = simulation.extra_noise_db
        drawn = f"{low_db:.4g}" if low_db == high_db else f"{low_db:.4g} to {high_db:.4g}"
        rows["noise added to the noise figure [dB]"] = drawn
    if simulation.visibility_blocks != usual.visibility_blocks:
        rows["visibility tests per burst"] = str(simulation.visibility_blocks)
    if simulation.max_edge_m != usual.max_edge_m:
        rows["maximum length of mesh edges [m]"] = f"{simulation.max_edge_m:g}"
    if recipe.maps.angle_window != Maps().angle_window:
        rows["taper of the antenna array"] = recipe.maps.angle_window
    return rows


def detection_settings(recipe: Recipe) -> dict[str, str]:
    """Return the settings of points and frame maps, if the store has points or frame maps."""
    detection, settings = recipe.detection, {}
    if recipe.keep.points:
        settings["points"] = (
            f"CFAR {detection.cfar}, false-alarm rate {detection.false_alarm_rate:g}, "
            f"at most {detection.max_points} per frame"
        )
    if recipe.keep.range_azimuth:
        settings["beamformer of range-azimuth maps"] = detection.beamformer
    if recipe.keep.frame_products:
        settings["clutter removed from frames"] = detection.clutter
    return settings
