"""Detect targets in IF cubes: point clouds, and range-Doppler and range-azimuth maps per frame."""
