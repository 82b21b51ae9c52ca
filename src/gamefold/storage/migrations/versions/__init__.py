"""The versions, oldest first. Once released, a version is never changed."""
