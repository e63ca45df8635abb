"""TI configurations to a radar: SDK files, mmWave Studio JSON and logs."""
