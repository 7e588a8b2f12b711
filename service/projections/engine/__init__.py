"""The live projector: reads batches of the log, folds them, and writes rows and position in one transaction."""
