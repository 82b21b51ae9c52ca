"""What happens in Tycoon's worlds."""
