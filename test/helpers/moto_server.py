"""moto's server as the tests need it. Arguments: the process that it ends with, then moto's own."""

import os
import sys
import threading
import time

from moto import server


class OneAfterTheOther(server.DomainDispatcherApplication):
    """S3 creates an object once, whoever asks at the same time; moto looks whether it is there, and puts it."""

    creating = threading.Lock()

    def __call__(self, environ, start_response):
        if "HTTP_IF_NONE_MATCH" not in environ:
            return super().__call__(environ, start_response)
        with self.creating:
            return super().__call__(environ, start_response)


def end_with(process):
    while True:
        time.sleep(2)
        try:
            os.kill(process, 0)
        except OSError:
            os._exit(0)


threading.Thread(target=end_with, args=(int(sys.argv[1]),), daemon=True).start()
server.DomainDispatcherApplication = OneAfterTheOther
server.main(sys.argv[2:])
