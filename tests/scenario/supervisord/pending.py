"""Descriptions that elasticbot does not meet yet, by the name of the test: what is missing. Empty: it meets all."""

PENDING = {}
