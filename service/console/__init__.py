"""The commands behind the command line, one file each, and what they share: how they end, speak and listen."""
