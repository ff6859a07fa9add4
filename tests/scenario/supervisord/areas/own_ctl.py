"""`elasticbot ctl` prints what supervisorctl prints: everything of the area `ctl`, with our client."""
from areas import ctl


class OwnCtl(ctl.Ctl):
    def client(self):
        if not self.is_ours:
            self.skipTest("real supervisord brings its own client")
        return [self.product.binary, "ctl"]
