"""Where the motion, labels and texts of a build come from."""
