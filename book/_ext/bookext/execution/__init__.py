"""Chapters are run, in parallel, and their outputs kept."""
