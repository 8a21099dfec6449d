"""The monitor finds the same credentials and endpoints as AWS's own tools do.

Each case of cases.py is an environment of files and variables. Our connections, the AWS SDK for
JavaScript and Debian's botocore are asked, each in a process of its own, what they make of it.
"""

from __future__ import annotations

import json
import os
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from cases import CASES, Case
from fake_identity import FakeIdentity
from world import World

HERE = Path(__file__).resolve().parent
Answer = dict[str, Any]


def ask(case: Case, fake_url: str, who: str, world: World | None = None) -> Answer:
    flags = json.dumps({name: value for name, value in (
        ("profile", case.profile), ("region", case.region), ("endpoint", case.endpoint))
        if value is not None})
    command = {"ours": [os.environ["DDM_RESOLVE_IDENTITY"], flags],
               "js": ["node", str(HERE / "ask_sdk.mjs"), flags],
               "botocore": ["/usr/bin/python3", str(HERE / "ask_botocore.py"), fake_url, flags],
               }[who]
    done = (world or World(case, fake_url)).run(*command)
    if done.returncode != 0:
        raise AssertionError(f"{who} ended with {done.returncode}: {done.stderr}")
    answer: Answer = json.loads(done.stdout.splitlines()[-1])
    answer["log"] = done.stderr
    return answer


def comparable(answer: Answer) -> dict[str, str]:
    return {"access_key_id": answer["access_key_id"], "secret": answer["secret"],
            "token": answer["token"],
            "tables": answer["tables"].rstrip("/"), "streams": answer["streams"].rstrip("/")}


class Identity(unittest.TestCase):
    def test_agrees_with_the_other_tools(self) -> None:
        asked = [(case, who) for case in CASES for who in ("ours", "js", "botocore")
                 if who == "ours" or getattr(case, who) is None]
        with FakeIdentity() as fake, ThreadPoolExecutor(os.cpu_count()) as pool:
            answers = dict(zip(((case.name, who) for case, who in asked),
                               pool.map(lambda each: ask(each[0], fake.url, each[1]), asked)))
        compared = 0
        for case in CASES:
            ours = answers[case.name, "ours"]
            for who in ("js", "botocore"):
                theirs = answers.get((case.name, who))
                if theirs is None:
                    continue
                with self.subTest(case.name, referee=who):
                    compared += 1
                    self.compare(case, ours, theirs)
            with self.subTest(case.name, referee="none"):
                self.assertEqual("error" in ours, case.fails is not None, ours)
                self.assertIn(case.fails or "", ours.get("error", ""))
                self.assertNotIn("planted", json.dumps(ours.get("error", "")) + ours["log"])
        print(f"{len(CASES)} cases, {compared} comparisons")
        self.assertGreaterEqual(len(CASES), 60)

    def test_a_login_that_we_renewed_serves_the_others(self) -> None:
        case = next(case for case in CASES if case.name == "SSO by a login near its end")
        with FakeIdentity() as fake:
            world = World(case, fake.url)
            ours, *theirs = (ask(case, fake.url, who, world) for who in ("ours", "js", "botocore"))
            self.assertEqual(fake.paths.count("POST /token"), 1)
        for each in theirs:
            self.compare(case, ours, each)

    def compare(self, case: Case, ours: Answer, theirs: Answer) -> None:
        if case.fails:
            self.assertIn("error", theirs)
            return
        self.assertNotIn("error", ours)
        self.assertNotIn("error", theirs)
        self.assertEqual(comparable(ours), comparable(theirs))


if __name__ == "__main__":
    unittest.main()
