"""Plan of the compiled programs on a named GPU, made without having the GPU."""
