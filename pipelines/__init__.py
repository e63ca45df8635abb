"""Dataset factory: plans and simulates many labelled clips and writes them to one Zarr store."""
