"""Where events are sent, what waits to be sent, and what the other side answered."""

from __future__ import annotations

from django.db import models


class Endpoint(models.Model):
    """An address that events are sent to, and how far it has come.

    ``secrets`` are sealed with the key of the state folder. ``position`` is the first place of
    the ledger that was not looked at for it. ``failures`` counts those in a row that were the
    endpoint's own, since ``failing_since``; after each it rests until ``resting_until``.
    """

    url = models.TextField()
    description = models.TextField(default="")
    types = models.JSONField(default=list)
    secrets = models.BinaryField()
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    position = models.BigIntegerField()
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    resting_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"endpoint {self.pk}: {self.url}"


class DeliveryState(models.IntegerChoices):
    """How far a delivery has come; one that arrived has no row any more, but a receipt."""

    WAITING = 0
    DEAD = 1


class Delivery(models.Model):
    """An event that an endpoint still has to receive, or never did.

    ``order_key`` names what it is about: of two with the same key the later one waits for the
    earlier one. ``attempts`` counts failures, but for those while the endpoint was away. ``lease``
    names host, process and turn that took it, until ``leased_until``.
    """

    endpoint = models.ForeignKey(Endpoint, models.PROTECT, related_name="deliveries")
    sequence = models.BigIntegerField()
    order_key = models.TextField()
    state = models.SmallIntegerField(choices=DeliveryState, default=DeliveryState.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField()
    lease = models.TextField(default="")
    leased_until = models.DateTimeField(null=True)
    problem = models.TextField(default="")

    class Meta:
        """What the database enforces."""

        constraints = (
            models.UniqueConstraint(fields=("endpoint", "sequence"), name="one_delivery_an_event"),
        )
        indexes = (
            models.Index(fields=("endpoint", "due_at"), name="deliveries_that_are_due"),
            models.Index(fields=("endpoint", "order_key", "sequence"), name="deliveries_in_order"),
        )

    def __str__(self) -> str:
        return f"event at place {self.sequence} for endpoint {self.endpoint_id}"


class Receipt(models.Model):
    """What one try to deliver an event brought (append-only).

    ``status`` is the HTTP status, None where there was no answer; ``answer`` its first bytes.
    """

    endpoint = models.ForeignKey(Endpoint, models.PROTECT, related_name="receipts")
    sequence = models.BigIntegerField()
    order_key = models.TextField()
    at = models.DateTimeField()
    seconds = models.FloatField()
    delivered = models.BooleanField()
    status = models.PositiveSmallIntegerField(null=True)
    problem = models.TextField(default="")
    answer = models.TextField(default="")

    class Meta:
        """What the database enforces."""

        indexes = (
            models.Index(fields=("order_key", "sequence"), name="receipts_of_a_listing"),
            models.Index(fields=("endpoint", "-id"), name="receipts_of_an_endpoint"),
        )

    def __str__(self) -> str:
        return f"receipt of the event at place {self.sequence}"
