"""Work that lasts until somebody outside lets it go: what is in flight is then no question of time."""
import redis
from django.conf import settings

LIMIT = 60  # Seconds; work that is forgotten fails in place of staying for good.


def hold(name):
    """Says that the work has begun, and waits for the word to end it."""
    client = redis.Redis(unix_socket_path=settings.REDIS_SOCKET)
    client.rpush(f"{name} begun", 1)
    if client.blpop(f"{name} may end", timeout=LIMIT) is None:
        raise TimeoutError(f"nobody let {name} end")
