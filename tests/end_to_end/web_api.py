"""What the monitor's server answers, asked as a client should: again, where the answer says so.

Open findings are read for one client at a time: whoever comes meanwhile gets 503 and that reason,
and on a busy machine a page that is open beside the test is often that one client.
"""

from __future__ import annotations

import time
import urllib.error
import urllib.request

from patience import PATIENCE_SECONDS

IS_BUSY = "findings are being read for somebody else"
ANSWER_SECONDS_MAX = 30  # the server gives up itself after 20


def answer_of(url: str) -> bytes:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with urllib.request.urlopen(url, timeout=ANSWER_SECONDS_MAX) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as refusal:
            says = refusal.read().decode()
            if refusal.code != 503 or IS_BUSY not in says or time.monotonic() > deadline:
                raise
        time.sleep(0.2)
