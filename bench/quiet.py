"""A quiet morning: a run that finds nothing to do, after one that has posted a day."""

from __future__ import annotations

from bench.measure import Measured
from bench.world import World


def measure(rounds: int, *, large: bool) -> list[Measured]:
    del large
    seconds, toggl, gitlab, events, transitions = [], [], [], [], []
    with World() as world:
        world.track(20)
        world.run_without_dates()
        for _round in range(rounds + 1):
            world.forget_requests()
            took, run = world.timed_run({})
            seconds.append(took)
            toggl.append(len(world.toggl.requests))
            gitlab.append(len(world.gitlab.requests))
            events.append(len(run.history))
            transitions.append(sum(event["type"].endswith("StateEntered") for event in run.history))
    # The first one starts the workers.
    return [
        Measured("wall time on warm functions", "s", tuple(seconds[1:]), "< 2 s"),
        Measured("requests to Toggl", "", tuple(toggl[1:]), "<= 2"),
        Measured("requests to GitLab", "", tuple(gitlab[1:]), "<= 4"),
        Measured("events of the history", "", tuple(events[1:])),
        Measured("transitions", "", tuple(transitions[1:])),
    ]
