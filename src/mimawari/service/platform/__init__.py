"""What every app of the service stands on: processes, leases, migrations, clock, artifacts."""
