"""Moderators at work: the queue, decisions, second and golden judgements, labels."""
