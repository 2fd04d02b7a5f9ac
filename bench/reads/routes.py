"""Every page of the console and every read of the API, with the most queries each may take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.core.handlers.asgi import ASGIHandler
from django.db import transaction
from django.test import Client
from django.utils import timezone
from starlette.testclient import TestClient

from bench.acting import BENCH
from mimawari.flows.records import Request
from mimawari.flows.run_folder import CARD
from mimawari.records.alarm import AlarmFigures, AlarmKind, AlarmUnit, Condition, Occurrence
from mimawari.service.accounts import keys, roles
from mimawari.service.accounts.authority import of_user
from mimawari.service.accounts.keys import Scope
from mimawari.service.admission.models import Alert, AlertState
from mimawari.service.alarms.watching import seen
from mimawari.service.api.app import application
from mimawari.service.api.edge import Edge
from mimawari.service.campaigns.changing import create
from mimawari.service.campaigns.filling import fill_all
from mimawari.service.campaigns.plan import Plan, Source
from mimawari.service.catalogue.models import ModelVersion
from mimawari.service.console.shown_listings import name
from mimawari.service.data_sets import making
from mimawari.service.delivery import endpoints
from mimawari.service.delivery.sender import Sender
from mimawari.service.flows import exporting, runs
from mimawari.service.flows.models import FlowRun, Outcome, RunState
from mimawari.service.intake.models import ListingVersion, State
from mimawari.service.releases import generations
from mimawari.service.review import groups, queue
from mimawari.service.review.group_request import GroupRequest, Shown
from mimawari.service.review.models import Decision
from mimawari.service.trials.models import Kind, Trial, TrialState

HOST = {"SERVER_NAME": "localhost"}


@dataclass(frozen=True)
class Read:
    """A page or read: how it is asked for, and the most queries it may take."""

    name: str
    most: int
    ask: Callable[[], object]


class Readers:
    """A moderator and an engineer who are signed in, and a key of the API."""

    def __init__(self) -> None:
        person = User.objects.filter(username__startswith="moderator-").earliest("pk")
        self.person = person
        self.moderator, self.engineer = Client(**HOST), Client(**HOST)
        self.admin = Client(**HOST)
        self.admin.force_login(roles.add("administrator", None, "admin", BENCH))
        self.moderator.force_login(person)
        self.engineer.force_login(roles.add("engineer", None, "ml_engineer", BENCH))
        scopes = [
            Scope.READ,
            Scope.REVIEW,
            Scope.ACTIONS,
            Scope.READ_TRIALS,
            Scope.CHECK,
            Scope.QUALITY,
            Scope.EXPORT,
            Scope.EVENTS,
            Scope.WEBHOOKS,
        ]
        sender = Sender(resolver=lambda _: ["8.8.8.8"])  # nothing is sent
        self.group, self.chosen = self._found()
        self.data_set = self._kept()
        self.models = self._registered()
        self.campaign = self._asked()
        self.run = self._ran()
        self.endpoint = endpoints.add("https://shop.example/", BENCH, sender=sender)[0].pk
        slow = AlarmFigures(value=2.0, unit=AlarmUnit.SECONDS, usual=0.1)
        self.alarm = seen(Occurrence(condition=Condition(AlarmKind.LATENCY), figures=slow)).pk
        key = keys.create("bench", scopes, BENCH, person.username)
        headers = {"Authorization": f"Bearer {key}"}
        self.api = TestClient(
            application(Edge(), ASGIHandler()), headers=headers, base_url="http://localhost"
        )

    def reads(self) -> list[Read]:
        """Give all of them."""
        running = Trial.objects.filter(state=TrialState.RUNNING).latest("pk")
        ended = Trial.objects.filter(state=TrialState.ENDED, kind=Kind.EXPERIMENT).latest("pk")
        newest = Decision.objects.select_related("alert__listing_version").latest("pk")
        version = newest.alert.listing_version
        return [
            *self._moderators_pages(running.topic, version.listing_id),
            *self._leads_pages(running, ended, version.seller_id),
            *self._reads_of_api(version.listing_id),
            *self._reads_of_trials(running, ended),
            *self._reads_of_releases(running.topic),
            *self._pages_of_catalogue(running.topic),
        ]

    def _moderators_pages(self, topic: str, listing: str) -> list[Read]:
        held = Alert.objects.filter(state=AlertState.OPEN).latest("pk").pk
        see = self._page(self.moderator)
        return [
            Read("/", 8, see("/")),
            Read("/topics", 8, see("/topics")),
            Read("/review", 22, see("/review")),
            Read("/review?topic=", 22, see(f"/review?topic={topic}")),
            Read("/review/next", 18, see(f"/review/next?besides={held}")),
            Read("/history", 8, see("/history")),
            Read("/search", 17, see("/search")),
            Read("/search?text=&verdict=", 17, see("/search?text=cup&verdict=violates")),
            Read("/search/decide", 17, see(f"/search/decide?{self.chosen}")),
            Read("/decisions/N", 9, see(f"/decisions/{self.group}")),
            Read("/review/queue", 12, see(f"/review/queue?topic={topic}")),
            Read("/review/topics", 6, see("/review/topics")),
            Read("/review/seller", 26, self._seller),
            Read("/listing", 17, see(f"/listing?id={listing}")),
            Read("/listing of 50 versions", 16, see("/listing?id=edited")),
            Read("/password", 4, see("/password")),
            Read("/account", 10, see("/account")),
            Read("/login", 0, self._anonymous("/login")),
        ]

    def _leads_pages(self, running: Trial, ended: Trial, seller: str) -> list[Read]:
        find, manage = self._page(self.engineer), self._page(self.admin)
        return [
            Read("/overview", 13, find("/overview?days=90")),
            Read("/proposals", 6, find("/proposals")),
            Read("/monitoring", 8, find("/monitoring")),
            Read("/monitoring/TOPIC", 9, find(f"/monitoring/{running.topic}")),
            Read("/alarms", 8, find("/alarms")),
            Read("/alarms/N", 8, find(f"/alarms/{self.alarm}")),
            Read("/webhooks", 8, manage("/webhooks")),
            Read("/webhooks/N", 10, manage(f"/webhooks/{self.endpoint}")),
            Read("/seller", 20, find(f"/seller?id={seller}")),
            Read("/quality", 6, find("/quality")),
            Read("/quality/TOPIC", 17, find(f"/quality/{running.topic}")),
            Read("/worth", 11, find("/worth")),
            Read("/trials", 7, find("/trials")),
            Read("/trials/N running", 17, find(f"/trials/{running.pk}")),
            Read("/trials/N ended", 18, find(f"/trials/{ended.pk}")),
            Read("/planner", 4, find("/planner")),
        ]

    def _pages_of_catalogue(self, topic: str) -> list[Read]:
        find, (a, b), kept = self._page(self.engineer), self.models, self.data_set
        return [
            Read("/models", 10, find("/models?text=0")),
            Read("/flows", 7, find("/flows")),
            Read("/flows/NAME", 10, find(f"/flows/{self.run}")),
            Read("/flows/NAME/card", 5, find(f"/flows/{self.run}/card")),
            Read("/models/VERSION", 25, find(f"/models/{a}")),
            Read("/models/neglected", 18, find("/models/neglected")),
            Read("/models/compare", 5, find(f"/models/compare?a={a}&b={b}")),
            Read("/topics/TOPIC/versions", 11, find(f"/topics/{topic}/versions?at=2100-01-01")),
            Read("/topics/TOPIC/edge-cases", 8, find(f"/topics/{topic}/edge-cases")),
            Read("/campaigns", 11, find("/campaigns")),
            Read("/campaigns/N", 10, find(f"/campaigns/{self.campaign}")),
            Read("/data-sets", 8, find("/data-sets")),
            Read("/data-sets/VERSION", 16, find(f"/data-sets/{kept}?from={kept}")),
        ]

    def _reads_of_api(self, listing: str) -> list[Read]:
        api = self._api
        return [
            Read("GET /api/v1/decisions/N", 5, api("GET", f"/api/v1/decisions/{self.group}")),
            Read("GET /api/v1/listings", 10, api("GET", "/api/v1/listings?text=cup")),
            Read("GET /api/v1/listings/ID", 8, api("GET", f"/api/v1/listings/{listing}")),
            Read("GET /api/v1/listings/ID, 50 versions", 8, api("GET", "/api/v1/listings/edited")),
            Read("POST /api/v1/reviews:next", 5, api("POST", "/api/v1/reviews:next")),
            Read("GET /api/v1/actions", 4, api("GET", "/api/v1/actions")),
            Read("GET /api/v1/outcomes/ID", 4, api("GET", f"/api/v1/outcomes/{listing}")),
            Read("GET /api/v1/strikes/SELLER", 5, api("GET", "/api/v1/strikes/s1")),
            Read("GET /api/v1/events", 8, api("GET", "/api/v1/events")),
            Read("GET /api/v1/alarms", 4, api("GET", "/api/v1/alarms")),
            Read("GET /api/v1/alarms/N", 5, api("GET", f"/api/v1/alarms/{self.alarm}")),
            Read("GET /api/v1/webhooks", 4, api("GET", "/api/v1/webhooks")),
            Read("GET /api/v1/webhooks/N/dead", 4,
                 api("GET", f"/api/v1/webhooks/{self.endpoint}/dead")),
            # PostgreSQL is asked for its clock too.
            Read("GET /health", 9, api("GET", "/health")),
            Read("GET /metrics", 0, api("GET", "/metrics")),
            Read("GET /api/v1/openapi.json", 0, api("GET", "/api/v1/openapi.json")),
            Read("GET /api/docs", 0, api("GET", "/api/docs")),
        ]  # fmt: skip

    def _reads_of_trials(self, running: Trial, ended: Trial) -> list[Read]:
        api, plan = self._api, {"precision": 0.3, "capacity": 200}
        path = "backtests" if running.kind == Kind.BACKTEST else "experiments"
        over = f"/api/v1/experiments/{ended.pk}"
        return [
            Read("GET /api/v1/backtests", 4, api("GET", "/api/v1/backtests")),
            Read("GET /api/v1/experiments", 4, api("GET", "/api/v1/experiments")),
            Read(f"GET /api/v1/{path}/N running", 11, api("GET", f"/api/v1/{path}/{running.pk}")),
            Read("GET /api/v1/experiments/N ended", 11, api("GET", over)),
            Read("POST /api/v1/plan", 1, api("POST", "/api/v1/plan", plan)),
            Read("GET /api/v1/probabilities/TOPIC", 17,
                 api("GET", f"/api/v1/probabilities/{running.topic}")),
        ]  # fmt: skip

    def _reads_of_releases(self, topic: str) -> list[Read]:
        api, kept = self._api, f"/api/v1/data-sets/{self.data_set}"
        return [
            Read("GET /api/v1/topics/TOPIC/versions", 5,
                 api("GET", f"/api/v1/topics/{topic}/versions")),
            Read("GET /api/v1/models", 5, api("GET", "/api/v1/models?limit=200")),
            Read("GET /api/v1/models/VERSION", 11, api("GET", f"/api/v1/models/{self.models[0]}")),
            Read("GET /api/v1/campaigns", 6, api("GET", "/api/v1/campaigns")),
            Read("GET /api/v1/campaigns/N", 6,
                 api("GET", f"/api/v1/campaigns/{self.campaign}")),
            Read("GET /api/v1/edge-cases", 4, api("GET", f"/api/v1/edge-cases?topic={topic}")),
            Read("GET /api/v1/models/VERSION/card", 9,
                 api("GET", f"/api/v1/models/{self.models[0]}/card")),
            Read("GET /api/v1/data-sets", 4, api("GET", "/api/v1/data-sets")),
            Read("GET /api/v1/data-sets/VERSION", 4, api("GET", kept)),
            Read("GET /api/v1/data-sets/VERSION/changes", 6,
                 api("GET", f"{kept}/changes?before={self.data_set}")),
        ]  # fmt: skip

    def _kept(self) -> str:
        """Keep what is known of a topic as a data set; gives its version."""
        topic = Decision.objects.select_related("alert").latest("pk").alert.topic
        stops = ("classes", "unjoined", "unsettled", "conflicting")
        request = making.Request(topic, (topic,), timezone.now(), dict.fromkeys(stops, "bench"))
        return making.make(request, BENCH).pk

    def _registered(self) -> tuple[str, str]:
        """Register two models that serve nowhere; gives their versions."""
        topic = next(iter(generations.topics_in_force()))
        versions = f"{topic}-00000000000a", f"{topic}-00000000000b"
        for version in versions:
            facts = {"topic": topic, "lineage": {"data_set": self.data_set, "rows": 10}}
            own = {"data_set": self.data_set, "kind": "gbdt", "created_at": timezone.now()}
            ModelVersion.objects.get_or_create(id=version, defaults={**facts, **own})
        return versions

    def _ran(self) -> str:
        """Note an audit of both models that is over, with a card; gives its name."""
        run = FlowRun.objects.first()
        if run is None:
            topic = next(iter(generations.topics_in_force()))
            asked = Request(
                run="", data_set=self.data_set, topics=(topic,), by="", at=timezone.now(),
                models={topic: self.models[0]},
            )  # fmt: skip
            run = runs.begin("audit", asked, BENCH, "bench")
            exporting.folder_of(run).write_text(CARD, "<!doctype html>")
            with transaction.atomic():
                runs.end(run, RunState.SUCCEEDED, Outcome(models=run.request.models), BENCH)
        return run.pk

    def _asked(self) -> int:
        """Begin a campaign and fill its day; gives its number."""
        topic = next(iter(generations.topics_in_force()))
        until = timezone.now().date() + timedelta(days=9)
        plan = Plan(sources=(Source.RANDOM,), budget=5, beyond=5, until=until, labels=100)
        number = create(topic, "bench", plan, BENCH, "bench").campaign_id
        fill_all()
        return number

    def _found(self) -> tuple[int, str]:
        """Decide on what the moderator found; gives the group, and how the page names others."""
        topic = next(iter(generations.topics_in_force()))
        rows = ListingVersion.objects.filter(state=State.SCORED, alerts=None).order_by("-pk")
        shown = [Shown(*row) for row in rows.values_list("listing_id", "version")[:60]]
        half = len(shown) // 2
        request = GroupRequest(
            key="bench", topic=topic, verdict="does_not_violate", listings=tuple(shown[:half])
        )
        outcome = groups.decide(request, self.person, of_user(self.person))
        assert outcome.group is not None, outcome.refused
        asked = [("listing", name(*row)) for row in shown[half:]]
        return outcome.group.pk, urlencode([*asked, ("topic", topic)])

    def _page(self, client: Client) -> Callable[[str], Callable[[], object]]:
        return lambda path: lambda: client.get(path)

    def _seller(self) -> object:
        """Ask for the seller of an item that the moderator holds."""
        held = queue.next_alert(self.person)
        return self.moderator.get(f"/review/seller?alert={held.pk if held else 0}")

    def _anonymous(self, path: str) -> Callable[[], object]:
        return lambda: Client(**HOST).get(path)

    def _api(self, method: str, path: str, body: object = None) -> Callable[[], object]:
        given = {} if method == "GET" else {"json": body or {}}
        return lambda: self.api.request(method, path, **given)


def lend_back() -> None:
    """Free every lease, so that the next read takes an alert as the first one did."""
    Alert.objects.filter(state=AlertState.OPEN).exclude(leased_by=None).update(
        leased_by=None, leased_until=None, day=timezone.now().date()
    )
