"""A whole group on the loopback interface, to try out and to test."""
