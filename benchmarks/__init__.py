"""Benchmarks of speed, accuracy, memory and recognition; each script answers one question."""
