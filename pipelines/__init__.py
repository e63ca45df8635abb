"""Many clips into one store."""
