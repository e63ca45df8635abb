"""Build stores: command-line flags, recipe loading, planning, simulation, console output."""
