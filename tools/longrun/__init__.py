"""Trainings too long for a build of the book, whose results are stored with it."""
