"""Finished runs, kept by what decided them."""
