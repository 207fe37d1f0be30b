"""Architectures, and networks from a function of a seed."""
