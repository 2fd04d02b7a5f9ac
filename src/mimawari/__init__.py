"""Mimawari: self-hosted, automatic content moderation for C2C marketplaces."""
