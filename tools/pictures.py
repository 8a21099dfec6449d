#!/usr/bin/python3
"""The pictures of the live page in docs/images, made anew: pictures.py [--only SCENE] [BINARY]

no-go: a small migration with planted defects runs for a minute and a half on DynamoDB Local; then
the page is opened light, dark, narrow and in Chinese, and once more after its monitor was killed.
go: the same without defects, until the verdict is GO. For the Chinese picture a font is needed,
such as Debian's fonts-wqy-microhei.
"""

from __future__ import annotations

import argparse
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


def start(stack: ExitStack, binary: Path, defects_each: int,
          *flags: str) -> tuple[Monitor, str]:
    """A migration under traffic, and the address of its monitor's page."""
    world = Defects(ITEMS, 1, {kind: defects_each for kind in LIFE})
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    local = stack.enter_context(DynamodbLocal())
    demo.prepare(local, world)
    shared = ["--endpoint-url", local.endpoint_url, "--table", demo.TABLE, "--items", str(ITEMS)]
    for kind in LIFE:
        shared += [f"--{kind}", str(defects_each)]
    demo.start(stack, demo.TOOLS / "replicator.py", *shared, output=folder / "replicated")
    monitor = Monitor(binary.resolve(), folder, local.endpoint_url, demo.TABLE)
    stack.callback(monitor.kill)
    address = demo.free_address()
    monitor.start("--sample-rate", "1", "--iterator-type", "TRIM_HORIZON", "--max-lag", "15s",
                  "--validation-interval", "2s", "--baseline", "--baseline-after", "0s",
                  "--segments", "8", "--listen", address, *flags)
    demo.start(stack, demo.TOOLS / "traffic.py", *shared, "--changes", str(CHANGES),
               "--rate", str(RATE), output=folder / "traffic.json")
    return monitor, f"http://{address}/"


def no_go(stack: ExitStack, browser: Browser, binary: Path) -> None:
    findings = 2 * len(LIFE)
    monitor, page = start(stack, binary, 2)
    browser.do("open", url=page)
    browser.wait_for(lambda shown: len(shown["rows"]) >= findings, 180)
    take(browser, page, findings)
    browser.do("open", url=page)
    browser.wait_for(lambda shown: len(shown["rows"]) >= findings)
    time.sleep(4)
    monitor.kill()
    browser.wait_for(lambda shown: shown["banner"] is not None)
    browser.do("picture", path=str(IMAGES / "page-lost.png"), height=640)
    print("page-lost.png", flush=True)


def go(stack: ExitStack, browser: Browser, binary: Path) -> None:
    _, page = start(stack, binary, 0, "--settle", "10s")
    browser.do("open", url=page, scheme="light", width=1280, locale="en")
    browser.wait_for(lambda shown: shown["verdict"] == "GO", 180)
    time.sleep(20)
    # On a busy machine a check may be late just now.
    browser.wait_for(lambda shown: shown["verdict"] == "GO", 60)
    browser.do("picture", path=str(IMAGES / "page-go.png"), height=1420)
    print("page-go.png", flush=True)


SCENES = {"no-go": no_go, "go": go}


def main() -> int:
    parser = argparse.ArgumentParser(prog="tools/pictures.py")
    parser.add_argument("binary", type=Path, nargs="?", default=demo.BINARY)
    parser.add_argument("--only", choices=SCENES)
    arguments = parser.parse_args()
    for name, scene in SCENES.items():
        if arguments.only in (None, name):
            with ExitStack() as stack:
                browser = Browser()
                stack.callback(browser.close)
                scene(stack, browser, arguments.binary)
    return 0


if __name__ == "__main__":
    sys.exit(main())
