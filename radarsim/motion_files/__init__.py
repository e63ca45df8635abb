"""Motion and moving meshes as others write them."""
