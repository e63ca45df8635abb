"""Validation against a real radar: analyse a capture, simulate it, compare both, fit parameters."""
