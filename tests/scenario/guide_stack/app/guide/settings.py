"""Settings of the site; where its servers are stands in the environment."""
import os

SECRET_KEY = "of no use to anybody"
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS = ["django_celery_beat", "guide"]
ROOT_URLCONF = "guide.urls"
WSGI_APPLICATION = "guide.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
# The rest is read by libpq itself: PGHOST, PGUSER.
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": os.environ["PGDATABASE"]}}

REDIS_SOCKET = os.environ["REDIS_SOCKET"]
CELERY_BROKER_URL = CELERY_RESULT_BACKEND = "redis+socket://" + REDIS_SOCKET
CELERY_TASK_ACKS_LATE = True
CELERY_BEAT_SCHEDULE = {
    "snapshot-every-second": {"task": "guide.tasks.snapshot", "schedule": 1.0, "args": ["beat"]},
}
