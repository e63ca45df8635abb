"""TI's own configurations to a Radar: SDK, mmWave Studio JSON and log."""
