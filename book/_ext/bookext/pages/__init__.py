"""What is made of each page."""
