"""What changes where several devices share a batch? Each is a process of its own."""
