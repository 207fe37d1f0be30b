"""The relatives of batch normalization that PyTorch lacks, one a module."""
