"""What leaves the house about itself: traces to a collector, errors to Sentry. Off without their settings."""
