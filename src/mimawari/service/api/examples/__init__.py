"""What is shown as an example of a request or an answer, where it is long."""
