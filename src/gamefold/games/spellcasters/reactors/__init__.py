"""What acts on a match from outside its rules: the bots and those that run them."""
