"""Whether the layer of this book drops into the place of PyTorch's: its tools tried with both."""
