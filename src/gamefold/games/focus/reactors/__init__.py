"""What Focus does outside its worlds: metrics and analytics of what happened, and jobs in the name of time."""
