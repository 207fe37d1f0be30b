"""Many trainings: planned, run in groups, kept, and compared."""
