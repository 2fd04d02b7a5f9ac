"""Every operation of the API as a method of both clients.

Written by ``python -m scripts.client_operations``.
"""

from __future__ import annotations

from mimawari.client.method import Method
from mimawari.client.operations import (
    actions,
    back_tests,
    events,
    experiments,
    listings,
    planner,
    quality,
    releases,
    reviews,
    system,
)


class Operations:
    """Methods named as the operations of the API."""

    submit_listing = Method(listings.submit_listing)
    submit_listings = Method(listings.submit_listings)
    check_listing = Method(listings.check_listing)
    get_listing = Method(listings.get_listing)
    end_listing = Method(listings.end_listing)
    end_listings = Method(listings.end_listings)
    search_listings = Method(listings.search_listings)
    next_review = Method(reviews.next_review)
    decide_review = Method(reviews.decide_review)
    escalate_review = Method(reviews.escalate_review)
    skip_review = Method(reviews.skip_review)
    decide_listings = Method(reviews.decide_listings)
    get_decision_group = Method(reviews.get_decision_group)
    undo_decision_group = Method(reviews.undo_decision_group)
    list_actions = Method(actions.list_actions)
    lift_action = Method(actions.lift_action)
    take_action = Method(actions.take_action)
    get_outcome = Method(actions.get_outcome)
    get_strikes = Method(actions.get_strikes)
    list_backtests = Method(back_tests.list_backtests)
    start_backtest = Method(back_tests.start_backtest)
    get_backtest = Method(back_tests.get_backtest)
    stop_backtest = Method(back_tests.stop_backtest)
    list_experiments = Method(experiments.list_experiments)
    start_experiment = Method(experiments.start_experiment)
    get_experiment = Method(experiments.get_experiment)
    stop_experiment = Method(experiments.stop_experiment)
    finish_experiment = Method(experiments.finish_experiment)
    decide_family = Method(experiments.decide_family)
    plan_comparison = Method(planner.plan_comparison)
    list_models = Method(releases.list_models)
    promote_model = Method(releases.promote_model)
    get_model_card = Method(releases.get_model_card)
    get_model = Method(releases.get_model)
    roll_back_topic = Method(releases.roll_back_topic)
    list_topic_versions = Method(releases.list_topic_versions)
    list_data_sets = Method(releases.list_data_sets)
    get_data_set_changes = Method(releases.get_data_set_changes)
    get_data_set = Method(releases.get_data_set)
    list_edge_cases = Method(releases.list_edge_cases)
    add_edge_case = Method(releases.add_edge_case)
    retire_edge_case = Method(releases.retire_edge_case)
    list_campaigns = Method(quality.list_campaigns)
    create_campaign = Method(quality.create_campaign)
    edit_campaign = Method(quality.edit_campaign)
    pause_campaign = Method(quality.pause_campaign)
    resume_campaign = Method(quality.resume_campaign)
    end_campaign = Method(quality.end_campaign)
    get_campaign = Method(quality.get_campaign)
    get_probabilities = Method(quality.get_probabilities)
    list_alarms = Method(quality.list_alarms)
    get_alarm = Method(quality.get_alarm)
    acknowledge_alarm = Method(quality.acknowledge_alarm)
    resolve_alarm = Method(quality.resolve_alarm)
    list_events = Method(events.list_events)
    list_webhooks = Method(events.list_webhooks)
    add_webhook = Method(events.add_webhook)
    rotate_webhook_secret = Method(events.rotate_webhook_secret)
    test_webhook = Method(events.test_webhook)
    disable_webhook = Method(events.disable_webhook)
    enable_webhook = Method(events.enable_webhook)
    replay_webhook = Method(events.replay_webhook)
    list_dead_letters = Method(events.list_dead_letters)
    get_health = Method(system.get_health)
    get_metrics = Method(system.get_metrics)
    get_open_api = Method(system.get_open_api)
    get_docs = Method(system.get_docs)
