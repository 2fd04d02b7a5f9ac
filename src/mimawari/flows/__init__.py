"""Work on models in steps that are resumed: train, audit, retrain, from a data set's files.

A step calls one function of this package, which can be called without Metaflow; the flows
themselves are in `graphs`. Nothing here knows the service: it exports what flows read.
"""
