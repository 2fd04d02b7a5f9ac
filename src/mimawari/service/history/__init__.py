"""Days that are over, as files beside the log: closed, read, erased in, removed."""
