"""Keeps what must outlive the process: journal, snapshots, cursors and tables on SQLite and PostgreSQL."""
