"""Compute time-range, time-Doppler and time-angle maps from an IF cube."""
