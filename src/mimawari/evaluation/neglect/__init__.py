"""What nobody uses or looks at any more, and what is out of date."""
