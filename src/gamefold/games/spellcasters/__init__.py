"""Spellcasters: two wizards, one board, a hundred turns."""
