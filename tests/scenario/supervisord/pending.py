"""Descriptions that elasticbot does not meet yet, by the name of the test: what is missing. To become empty."""

PENDING: dict[str, str] = {}
