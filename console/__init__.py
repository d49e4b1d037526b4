"""What a person sees of Wegennet: errors with an exit code, progress of long work, tables and JSON."""
