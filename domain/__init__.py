"""The domain: pure rules over recorded facts, with no clock, no randomness and no I/O."""
