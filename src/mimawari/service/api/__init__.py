"""The API over HTTP: hot and cold routes, who may ask what, its description."""
