"""Writes the generated CRDs (`make generate`)."""

from wegennet.operators.api import crds

if __name__ == "__main__":
    crds.write()
