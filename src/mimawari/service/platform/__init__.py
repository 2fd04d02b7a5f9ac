"""What every app of the service stands on."""
