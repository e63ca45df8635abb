"""Validation against a real radar: analyse, simulate and compare a capture, and fit parameters."""
