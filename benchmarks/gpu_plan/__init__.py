"""Plan the execution of compiled programs on a GPU, on a machine without this GPU."""
