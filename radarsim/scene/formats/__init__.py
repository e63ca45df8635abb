"""Readers of motion, body models and meshes as others publish them."""
