"""Back-tests and experiments through the API: start, follow, stop, finish."""

from __future__ import annotations

from datetime import datetime  # read by msgspec when the types are used
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import msgspec
from msgspec import UNSET, Meta, UnsetType
from starlette.routing import Route

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.accounts.keys import Holder, Scope
from mimawari.service.api.answers import answer, refuse
from mimawari.service.api.handling import Nothing, handle
from mimawari.service.api.reviews import GREATEST
from mimawari.service.catalogue.models import ModelVersion
from mimawari.service.trials import trials
from mimawari.service.trials.families import decide_family
from mimawari.service.trials.models import Kind, Trial
from mimawari.service.trials.planning import PlanWish, plan_of, told
from mimawari.service.trials.told import tell, tell_all

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from mimawari.records.principal import Principal
    from mimawari.service.api.auth import KeyRing

# PostgreSQL keeps no NUL in a text.
Text = Annotated[str, Meta(pattern=r"^[^\x00]*$", min_length=1, max_length=2_000)]
Name = Annotated[str, Meta(pattern=r"^[^\x00]*$", max_length=200)]
Share = Annotated[float, Meta(gt=0, lt=1)]
Days = Annotated[int, Meta(ge=1, le=400)]
Count = Annotated[int, Meta(ge=1, le=1_000_000)]
Minutes = Annotated[int, Meta(ge=1, le=1_440)]
Seed = Annotated[int, Meta(ge=0, le=2**32 - 1)]
Moment = Annotated[datetime, Meta(tz=True)]


class Wish(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What every trial may be told; what is left out follows from the topic."""

    candidate: Name
    reason: Text
    family: Name = ""
    mode: Name | UnsetType = UNSET
    capacity: Count | UnsetType = UNSET
    alpha: Share | UnsetType = UNSET
    beta: Share | UnsetType = UNSET
    smallest_gain: Share | UnsetType = UNSET
    minimum_days: Days | UnsetType = UNSET
    most_reviews: Count | UnsetType = UNSET
    seed: Seed | UnsetType = UNSET

    around: ClassVar[frozenset[str]] = frozenset({"candidate", "reason", "family"})

    def design(self) -> dict[str, Any]:
        """Give the parameters of the design that were set."""
        values = msgspec.structs.asdict(self)
        return {k: v for k, v in values.items() if v is not UNSET and k not in self.around}


class BacktestWish(Wish, kw_only=True, forbid_unknown_fields=True):
    """A back-test to start."""

    trained_until: Moment | None = None
    window_start: Moment | UnsetType = UNSET
    window_days: Days | UnsetType = UNSET
    reviews_per_day: Count | UnsetType = UNSET
    recheck: Annotated[int, Meta(ge=0, le=10_000)] | UnsetType = UNSET

    around: ClassVar[frozenset[str]] = Wish.around | {"trained_until"}

    def start(self, topic: str, actor: Principal) -> Trial:
        """Start it."""
        design, until = self.design(), self.trained_until
        return trials.start_backtest(
            topic, self.candidate, actor, self.reason, until, self.family, **design
        )


class ExperimentWish(Wish, kw_only=True, forbid_unknown_fields=True):
    """An experiment to start."""

    after: Annotated[int, Meta(ge=1, le=GREATEST)] | None = None
    carry: Name | UnsetType = UNSET
    round_minutes: Minutes | UnsetType = UNSET
    days: Days | UnsetType = UNSET

    around: ClassVar[frozenset[str]] = Wish.around | {"after"}

    def start(self, topic: str, actor: Principal) -> Trial:
        """Start it."""
        design, after = self.design(), self.after
        return trials.start_experiment(
            topic, self.candidate, actor, self.reason, after, self.family, **design
        )


class Why(msgspec.Struct, forbid_unknown_fields=True):
    """Why something is done; kept in the ledger."""

    reason: Text


class Finished(msgspec.Struct):
    """The candidate is in force from this generation on."""

    trial: int
    generation: int


class Together(msgspec.Struct, forbid_unknown_fields=True):
    """A family of trials to decide at one time, and why now."""

    family: Text
    reason: Text


class Decided(msgspec.Struct):
    """The outcome of each topic of a family."""

    outcomes: dict[str, str]


class TrialRoutes:
    """The handlers of one family of paths, bound to the keys.

    Parameters
    ----------
    kinds
        Kinds of trials that are found under the path.
    """

    def __init__(
        self,
        keys: KeyRing,
        path: str,
        kinds: tuple[Kind, ...],
        wish: type[BacktestWish] | type[ExperimentWish],
    ) -> None:
        self.keys, self.path, self.kinds, self.wish = keys, path, kinds, wish

    async def tell_all(self, request: Request) -> Response:
        """List the trials."""

        def work(_holder: Holder, _body: Nothing) -> object:
            return tell_all(self.kinds)

        return await handle(self.keys, request, Scope.READ_TRIALS, Nothing, work)

    async def start(self, request: Request) -> Response:
        """Start a trial."""

        def work(holder: Holder, wish: BacktestWish | ExperimentWish) -> object:
            return answer(tell(wish.start(topic_of(wish.candidate), holder.principal)), 201)

        return await handle(self.keys, request, Scope.WRITE_TRIALS, self.wish, work)

    async def tell(self, request: Request) -> Response:
        """Tell one trial."""

        def work(_holder: Holder, _body: Nothing) -> object:
            return self._with_trial(request, tell)

        return await handle(self.keys, request, Scope.READ_TRIALS, Nothing, work)

    async def stop(self, request: Request) -> Response:
        """Stop a trial before its decision."""

        def work(holder: Holder, why: Why) -> object:
            return self._with_trial(
                request, lambda trial: tell(trials.stop(trial, holder.principal, why.reason))
            )

        return await handle(self.keys, request, Scope.WRITE_TRIALS, Why, work)

    async def finish(self, request: Request) -> Response:
        """Bring a promoted candidate in force."""

        def work(holder: Holder, why: Why) -> object:
            return self._with_trial(
                request,
                lambda one: Finished(one.pk, trials.finish(one, holder.principal, why.reason)),
            )

        return await handle(self.keys, request, Scope.WRITE_TRIALS, Why, work)

    async def decide(self, request: Request) -> Response:
        """End the trials of a family together."""

        def work(holder: Holder, wish: Together) -> object:
            return Decided(decide_family(wish.family, holder.principal, wish.reason))

        return await handle(self.keys, request, Scope.WRITE_TRIALS, Together, work)

    def _with_trial(self, request: Request, work: Callable[[Trial], object]) -> object:
        number = int(request.path_params["trial"])
        mine = Trial.objects.filter(kind__in=self.kinds)
        found = mine.filter(pk=number).first() if number <= GREATEST else None
        if found is None:
            return refuse(404, "trial", f"{str(number)[:20]} is unknown", "see the list")
        return work(found)

    def table(self) -> list[BaseRoute]:
        """Give the routes under /api."""
        one = f"{self.path}/{{trial:int}}"
        found: list[BaseRoute] = [
            Route(self.path, self.tell_all, methods=["GET"]),
            Route(self.path, self.start, methods=["POST"]),
            Route(one, self.tell, methods=["GET"]),
            Route(f"{one}:stop", self.stop, methods=["POST"]),
        ]
        if Kind.EXPERIMENT in self.kinds:
            found.append(Route(f"{one}:finish", self.finish, methods=["POST"]))
            found.append(Route(f"{self.path}:decide", self.decide, methods=["POST"]))
        return found


class PlanRoute:
    """The planner, bound to the keys."""

    def __init__(self, keys: KeyRing) -> None:
        self.keys = keys

    async def plan(self, request: Request) -> Response:
        """Say what a comparison would cost."""

        def work(_holder: Holder, wish: PlanWish) -> object:
            return told(plan_of(wish))

        return await handle(self.keys, request, Scope.READ_TRIALS, PlanWish, work)

    def table(self) -> list[BaseRoute]:
        """Give the route under /api."""
        return [Route("/v1/plan", self.plan, methods=["POST"])]


def topic_of(candidate: str) -> str:
    """Find the topic of a registered model."""
    model = ModelVersion.objects.filter(id=candidate).first()
    if model is None:
        said = f"{candidate[:80]!r} is not registered"
        raise InvalidInputError(FieldProblem("candidate", said, "mimawari models add FOLDER"))
    return model.topic


def backtest_routes(keys: KeyRing) -> TrialRoutes:
    """Give the routes of back-tests."""
    return TrialRoutes(keys, "/v1/backtests", (Kind.BACKTEST,), BacktestWish)


def experiment_routes(keys: KeyRing) -> TrialRoutes:
    """Give the routes of experiments, and of the guards that follow them."""
    return TrialRoutes(keys, "/v1/experiments", (Kind.EXPERIMENT, Kind.GUARD), ExperimentWish)
