"""What Inway and Outway share."""
