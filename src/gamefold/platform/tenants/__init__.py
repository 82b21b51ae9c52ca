"""Tenants: the workspaces people share, who belongs to them, and in which one a request takes place."""
