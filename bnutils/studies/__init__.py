"""Studies: what is measured to answer one question each, and no part of what others build on."""
