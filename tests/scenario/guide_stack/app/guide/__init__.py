"""A small site as the deployment guide has one: web, worker and beat over PostgreSQL and Redis."""
from .celery import app as celery_app

__all__ = ["celery_app"]
