#!/usr/bin/python3
"""The pictures of the live page in docs/images, made anew: tools/pictures.py [BINARY]

A small migration with planted defects runs for a minute and a half on DynamoDB Local; then the
page is opened light, dark, narrow and in Chinese, and once more after its monitor was killed. For
the Chinese one a font is needed, such as Debian's fonts-wqy-microhei.
"""

from __future__ import annotations

import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import demo
from chromium import Browser
from defects import LIFE, Defects
from dynamodb_local import DynamodbLocal
from monitor import Monitor

IMAGES = demo.TOOLS.parent / "docs/images"
ITEMS, CHANGES, RATE = 2_000, 9_000, 100
# name, color scheme, width, height, locale
PICTURES = [
    ("page-light", "light", 1280, 1420, "en"),
    ("page-dark", "dark", 1280, 1420, "en"),
    ("page-chinese", "light", 1280, 1420, "zh-TW"),
    ("page-narrow", "dark", 360, 1500, "en"),
]


def take(browser: Browser, url: str, findings: int) -> None:
    for name, scheme, width, height, locale in PICTURES:
        browser.do("open", url=url, scheme=scheme, width=width, locale=locale)
        browser.wait_for(lambda shown: len(shown["rows"]) >= findings and bool(shown["shards"]))
        time.sleep(4)
        browser.do("picture", path=str(IMAGES / f"{name}.png"), height=height)
        print(f"{name}.png", flush=True)


def main() -> int:
    binary = Path(sys.argv[1]) if len(sys.argv) > 1 else demo.BINARY
    world = Defects(ITEMS, 1, {kind: 2 for kind in LIFE})
    findings = 2 * len(LIFE)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        local = stack.enter_context(DynamodbLocal())
        demo.prepare(local, world)
        shared = ["--endpoint-url", local.endpoint_url, "--table", demo.TABLE,
                  "--items", str(ITEMS)]
        for kind in LIFE:
            shared += [f"--{kind}", "2"]
        demo.start(stack, demo.TOOLS / "replicator.py", *shared, output=folder / "replicated")
        monitor = Monitor(binary.resolve(), folder, local.endpoint_url, demo.TABLE)
        stack.callback(monitor.kill)
        page = demo.free_address()
        monitor.start("--sample-rate", "1", "--iterator-type", "TRIM_HORIZON", "--max-lag", "15s",
                      "--validation-interval", "2s", "--baseline", "--baseline-after", "0s",
                      "--segments", "8", "--listen", page)
        demo.start(stack, demo.TOOLS / "traffic.py", *shared, "--changes", str(CHANGES),
                   "--rate", str(RATE), output=folder / "traffic.json")
        browser = Browser()
        stack.callback(browser.close)
        browser.do("open", url=f"http://{page}/")
        browser.wait_for(lambda shown: len(shown["rows"]) >= findings, 180)
        take(browser, f"http://{page}/", findings)
        browser.do("open", url=f"http://{page}/")
        browser.wait_for(lambda shown: len(shown["rows"]) >= findings)
        time.sleep(4)
        monitor.kill()
        browser.wait_for(lambda shown: shown["banner"] is not None)
        browser.do("picture", path=str(IMAGES / "page-lost.png"), height=640)
        print("page-lost.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
