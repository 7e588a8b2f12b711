"""Facts (domain events, in the words of event sourcing): the closed union that the log holds, and its encoding."""
