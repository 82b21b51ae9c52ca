"""What every player has, whatever they play."""
