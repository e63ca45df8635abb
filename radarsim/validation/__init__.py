"""Validate the simulator against radar captures: analysis, simulation, comparison and fit."""
