"""Runs it alone."""

from bench.lifecycle.second_stage import main

main()
