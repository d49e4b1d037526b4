"""A running group for tests, peers of the tests' own, and a plain client: apart from the code under test."""
