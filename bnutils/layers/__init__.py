"""One layer a file: its mathematics, and nothing of how it is trained."""
