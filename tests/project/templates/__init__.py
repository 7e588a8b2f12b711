"""Templates of `make new`: a file of each slot and its test, in which `new_name` stands for the name."""
