"""Alerts, their queue, and the moderators' console."""
