"""Writes the documents (`make generate`)."""

from wegennet.fsc import openapi

if __name__ == "__main__":
    openapi.write()
