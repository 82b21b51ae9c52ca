"""What Tycoon's worlds remember."""
