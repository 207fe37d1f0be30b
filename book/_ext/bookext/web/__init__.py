"""What the site sends to a browser."""
