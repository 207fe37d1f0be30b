"""What one chapter measures."""
