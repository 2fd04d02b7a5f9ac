"""Guards: a model in force is watched, and the topic goes back by itself when it fails.

1. `beginning` says which models are watched, and what is usual of them;
2. `counting` counts a part of what was scored since, exactly once;
3. `acting` holds the counts against the limits, and goes back where one is breached;
4. `job` is what the keeper does each minute.
"""
