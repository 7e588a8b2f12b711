"""The accumulator that views fold: everything recorded of an incident and of the sources that it cites."""
