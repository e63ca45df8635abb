"""Is the simulator like this radar: a capture looked at, simulated, compared, fitted."""
