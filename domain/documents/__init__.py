"""Functions shared by views: estimates, sentences and state as parts of a JSON document."""
