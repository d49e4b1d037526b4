"""PostgreSQL: connections, migrations."""
