"""Replay candidates over closed days, a task a shard of the days."""

from __future__ import annotations

from metaflow import FlowSpec, Parameter, card, resources, retry, step, timeout

from mimawari.flows.backtest import stages
from mimawari.flows.ending import end_with_parent
from mimawari.flows.graphs.no_pickle import require_json_artifacts


class BacktestFlow(FlowSpec):
    """Days of history and candidates in, how their alerts differ from those in force out."""

    request = Parameter("request", help="request.json of a run's folder.", required=True)

    @step
    def start(self) -> None:
        """See that the days are unchanged; share them."""
        require_json_artifacts()
        self.shards = stages.begin(self.request)
        self.next(self.replay, foreach="shards")

    @retry(times=1, minutes_between_retries=0)
    @timeout(hours=6)
    @resources(cpu=1, memory=4_000)
    @step
    def replay(self) -> None:
        """Replay a shard: lists of the best of each topic and day."""
        self.parts = self.input
        stages.replay(self.request, self.parts)
        self.next(self.compared)

    @step
    def compared(self, inputs: list[BacktestFlow]) -> None:
        """Merge the lists of all shards, and compare."""
        self.problems = stages.compare(self.request, [task.parts for task in inputs])
        self.next(self.end)

    @card(type="mimawari_page")
    @step
    def end(self) -> None:
        """Write the result and the card."""
        self.html = stages.finish(self.request, self.problems)


if __name__ == "__main__":
    end_with_parent()
    BacktestFlow()
