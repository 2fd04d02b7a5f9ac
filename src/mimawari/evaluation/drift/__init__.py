"""Has what comes in changed? Shares of a stream of listings, watched at once and without end.

1. `streams` says which shares are watched, and counts a batch of listings, each seller once.
2. `reference` says what each share should be now: the last weeks, with their days and weeks.
3. `detector` gathers evidence that a share has left its reference, and says when it is enough;
   how often that happens without a change is stated (`rule`).
"""
