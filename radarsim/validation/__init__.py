"""Validate the simulator with a radar capture: analyse, simulate and compare it, fit parameters."""
