"""Assembles the notebook to hand in from the sources of the chapters."""
