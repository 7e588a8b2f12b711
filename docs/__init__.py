"""The pages of the documentation, and what writes those that follow from the code."""
