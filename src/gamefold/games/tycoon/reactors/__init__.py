"""What Tycoon does outside its worlds: what one of them tells another is carried across, and orders stand."""
