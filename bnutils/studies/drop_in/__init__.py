"""Does the layer drop into the place of PyTorch's? Its tools, tried with both."""
