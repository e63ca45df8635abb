"""Dataset factory: plans, simulates and writes many labelled clips into one Zarr store."""
