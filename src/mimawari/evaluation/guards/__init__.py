"""Guards of a model in force: whether it is still what was let in, or the topic goes back.

1. `policy` says what is allowed, and how often a guard may be wrong;
2. `reference` says what is usual, from scores that were given before;
3. `evidence` holds counts against a limit, looked at as often as one likes;
4. `judge` says which guard is breached.
"""
