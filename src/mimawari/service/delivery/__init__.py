"""What happened, told to the marketplace: signed webhooks and a feed, in order a listing."""
