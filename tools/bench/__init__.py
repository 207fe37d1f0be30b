"""Measures how fast the book's engine is beside other ways to train the same networks."""
