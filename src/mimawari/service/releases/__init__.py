"""What is in force: generations, deployments, and the suites built from them."""
