"""Commands around the book, which the library does not know."""
