"""Bodies from skeletons: layouts of 3-D joints and markers, and the fit of a body to them."""
