"""What every role stands on: processes, heartbeats, leases, migrations, the database's clock."""
