"""Bitcoin Tycoon: mining and markets."""
