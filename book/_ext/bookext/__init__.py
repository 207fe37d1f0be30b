"""Sphinx extensions of this book: they choose the data, run the chapters and check the pages."""
