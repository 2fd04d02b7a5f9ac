"""Choose what to label next of closed days, a task a shard of topics."""

from __future__ import annotations

from metaflow import FlowSpec, Parameter, card, resources, retry, step, timeout

from mimawari.flows.ending import end_with_parent
from mimawari.flows.graphs.no_pickle import require_json_artifacts
from mimawari.flows.selection import stages


class SelectFlow(FlowSpec):
    """Days of history in, listing versions to label and the plan of a campaign out."""

    request = Parameter("request", help="request.json of a run's folder.", required=True)

    @step
    def start(self) -> None:
        """See that the days are unchanged; share the topics."""
        require_json_artifacts()
        self.shards = stages.begin(self.request)
        self.next(self.choose, foreach="shards")

    @retry(times=1, minutes_between_retries=0)
    @timeout(hours=1)
    @resources(cpu=1, memory=4_000)
    @step
    def choose(self) -> None:
        """Choose of the topics of a shard."""
        self.problems = stages.choose(self.request, self.input)
        self.next(self.gathered)

    @step
    def gathered(self, inputs: list[SelectFlow]) -> None:
        """Gather what has nothing and why."""
        self.problems = stages.gather(self.request, [task.problems for task in inputs])
        self.next(self.end)

    @card(type="mimawari_page")
    @step
    def end(self) -> None:
        """Write the result and the card."""
        self.html = stages.finish(self.request, self.problems)


if __name__ == "__main__":
    end_with_parent()
    SelectFlow()
