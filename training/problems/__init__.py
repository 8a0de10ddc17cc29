"""Random generators in, worked word problems out; their wordings are in ``facts/stories``."""
