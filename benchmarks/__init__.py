"""Benchmarks of speed, accuracy, memory and recognition; one question per script."""
