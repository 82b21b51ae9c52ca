"""What may be asked of Tycoon's worlds, and the codes of refusals."""
