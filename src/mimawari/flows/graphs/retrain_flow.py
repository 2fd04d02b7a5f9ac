"""Train the topics of a data set and audit what was trained: what leads to a candidate."""

from __future__ import annotations

from metaflow import FlowSpec, Parameter, card, catch, resources, retry, step, timeout

from mimawari.flows import stages
from mimawari.flows.ending import end_with_parent
from mimawari.flows.graphs.no_pickle import require_json_artifacts
from mimawari.flows.graphs.tasks import TIME_IS_OVER, gathered


class RetrainFlow(FlowSpec):
    """A data set in, audited candidates in the run's folder out."""

    request = Parameter("request", help="request.json of a run's folder.", required=True)

    @step
    def start(self) -> None:
        """See that the data set is unchanged; share its topics."""
        require_json_artifacts()
        self.shards = stages.begin(self.request)
        self.next(self.train, foreach="shards")

    @catch(var="untrained_why", print_exception=True)
    @retry(times=1, minutes_between_retries=0)
    @timeout(hours=6)
    @resources(cpu=1, memory=4_000)
    @step
    def train(self) -> None:
        """Train the topics of a shard."""
        self.untrained = stages.train(self.request, self.input, TIME_IS_OVER)
        self.next(self.audit)

    @catch(var="unaudited_why", print_exception=True)
    @retry(times=1, minutes_between_retries=0)
    @timeout(hours=6)
    @resources(cpu=1, memory=4_000)
    @step
    def audit(self) -> None:
        """Audit the models of the shard."""
        self.unaudited = stages.audit(self.request, self.input, TIME_IS_OVER)
        self.next(self.gathered)

    @step
    def gathered(self, inputs: list[RetrainFlow]) -> None:
        """Gather what failed and why."""
        untrained = stages.trained(self.request, *gathered(inputs, "untrained"))
        unaudited = stages.audited(self.request, *gathered(inputs, "unaudited"))
        self.problems = unaudited | untrained
        self.next(self.end)

    @card(type="mimawari_page")
    @step
    def end(self) -> None:
        """Write the result and the card."""
        self.html = stages.finish(self.request, self.problems)


if __name__ == "__main__":
    end_with_parent()
    RetrainFlow()
