"""Tests of what surrounds the code: generators, releases, workflows and citations."""
