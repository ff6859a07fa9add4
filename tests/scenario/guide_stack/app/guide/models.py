"""What tasks leave behind."""
from django.db import models


class Snapshot(models.Model):
    source = models.CharField(max_length=20)
