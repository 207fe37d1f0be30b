"""One training: its settings, its batches, its steps and its curves."""
