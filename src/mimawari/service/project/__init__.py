"""What an installation is: settings, roles, processes."""
