"""Radar configuration: waveform, timing, antennas, receiver; TI boards and their files."""
