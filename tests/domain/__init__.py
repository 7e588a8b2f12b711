"""What is true about incidents, given, when, then; and by property."""
