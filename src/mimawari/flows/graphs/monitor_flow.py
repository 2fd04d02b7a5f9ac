"""Watch closed days after the event, a task a shard of days that are counted."""

from __future__ import annotations

from metaflow import FlowSpec, Parameter, card, resources, retry, step, timeout

from mimawari.flows.ending import end_with_parent
from mimawari.flows.graphs.no_pickle import require_json_artifacts
from mimawari.flows.monitor import stages


class MonitorFlow(FlowSpec):
    """Days of history in, what moved on them out."""

    request = Parameter("request", help="request.json of a run's folder.", required=True)

    @step
    def start(self) -> None:
        """See that the days are unchanged; share them."""
        require_json_artifacts()
        self.shards = stages.begin(self.request)
        self.next(self.count, foreach="shards")

    @retry(times=1, minutes_between_retries=0)
    @timeout(hours=6)
    @resources(cpu=1, memory=4_000)
    @step
    def count(self) -> None:
        """Count the days of a shard."""
        stages.count(self.request, self.input)
        self.next(self.watch)

    @step
    def watch(self, inputs: list[MonitorFlow]) -> None:
        """Watch all days in their order."""
        stages.watch(self.request)
        self.next(self.end)

    @card(type="mimawari_page")
    @step
    def end(self) -> None:
        """Write the result and the card."""
        self.html = stages.finish(self.request)


if __name__ == "__main__":
    end_with_parent()
    MonitorFlow()
