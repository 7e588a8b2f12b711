"""Programs of the environment of `make clients`, against a live service."""
