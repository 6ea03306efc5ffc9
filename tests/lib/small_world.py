"""One server on a database whose clock the test moves, and an API token: what most tests of behaviour
need. Sources of the routing file: `dev`, open."""
import shutil
import tempfile

from alertify_server import Alertify
from cluster import Cluster
from http_client import alertmanager_body, bearer, call


class SmallWorld:
    def __init__(self, build_dir, routes):
        self.folder = tempfile.mkdtemp(prefix="alertify-small-")
        self.cluster = Cluster()
        self.server = Alertify(build_dir, self.folder, self.cluster.conninfo, routes,
                               "0123456789abcdef0123456789abcdef")
        self.server.migrate()
        self.cluster.install_clock()
        self.server.start()
        self.auth = bearer(self.server.create_token("engineer"))

    def close(self):
        code = self.server.stop()
        self.cluster.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        return code

    def post_alert(self, name, status="firing", ends_at=None, **labels):
        body = alertmanager_body([({"alertname": name, **labels}, {})], status=status, ends_at=ends_at)
        return call(self.server.url + "/v1/webhooks/alertmanager/dev", "POST", body)

    def api(self, method, path, body=None):
        return call(self.server.url + path, method, body, self.auth)
