"""The parts of the Pulumi program, each a ComponentResource."""
