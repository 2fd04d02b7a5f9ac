"""The flows themselves: each a file that Metaflow runs, whose steps call `flows.stages`."""
