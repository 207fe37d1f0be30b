"""Where the trainings of a sweep run."""
