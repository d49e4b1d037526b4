"""What the doctor looks at: the machine, and the cluster."""
