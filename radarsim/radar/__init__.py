"""A radar as values: waveform, timing, antennas and receiver; boards and configuration files."""
