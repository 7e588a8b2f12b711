"""The projector: follows the log, keeps the read models true, builds new generations of them, and compares them."""
