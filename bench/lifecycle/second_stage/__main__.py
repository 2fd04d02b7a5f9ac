"""Runs it alone, or those of its parts that are named."""

import sys

from bench.lifecycle.second_stage import PARTS, main

if __name__ == "__main__":
    main(parts=sys.argv[1:] or PARTS)
