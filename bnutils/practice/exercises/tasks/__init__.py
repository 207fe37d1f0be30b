"""The exercises, one a file."""
