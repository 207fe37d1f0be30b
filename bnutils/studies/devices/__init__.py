"""Several devices, each a process of its own."""
