"""Numbers and claims that leave the page they were measured on."""
