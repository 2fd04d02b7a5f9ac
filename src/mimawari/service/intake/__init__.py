"""The durable log of listing versions, as a stream, and the commit that many requests share."""
