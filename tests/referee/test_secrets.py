"""No secret is ever shown: every case, with services that work, fail, refuse and answer nonsense,
at the most talkative log level. All secrets that the cases hold or the fake gives are known by
their beginnings.
"""

from __future__ import annotations

import os
import unittest
from concurrent.futures import ThreadPoolExecutor

from cases import CASES, ENVIRONMENT, Case
from fake_identity import FakeIdentity
from world import World

SECRETS = ("secret-of-", "token-of-", "planted")
DIED_OF_SANITIZER = 99
BEHIND_A_PROXY = Case("a proxy that is not there", env=ENVIRONMENT | {
    "HTTPS_PROXY": "http://user:planted-proxy-password@127.0.0.1:1"})
MISSPELT_PROXY = Case("a proxy that cannot be read", env=ENVIRONMENT | {
    "HTTPS_PROXY": "socks5://user:planted-proxy-password@127.0.0.1:1"})


def monitor(case: Case, fake_url: str) -> tuple[int, str]:
    """The exit code and all that was shown or written."""
    world = World(case, fake_url)
    flags = ["--target-table", "orders", "--log-level", "debug", "--verbose",
             "--until-caught-up", "--output", "json"]
    if case.profile:
        flags += ["--source-profile", case.profile, "--target-profile", case.profile]
    if case.region:
        flags += ["--region", case.region]
    if case not in (BEHIND_A_PROXY, MISSPELT_PROXY):
        # Whatever the case says of DynamoDB, nothing leaves this machine.
        flags += ["--source-endpoint-url", fake_url, "--target-endpoint-url", fake_url]
    done = world.run(os.environ["DDM_MONITOR"], "monitor", *flags, AWS_MAX_ATTEMPTS="2")
    written = "".join(path.read_text(errors="replace") for path in world.home.glob("*.jsonl"))
    return done.returncode, done.stdout + done.stderr + written


class Secrets(unittest.TestCase):
    def test_are_shown_in_no_case_whatever_the_services_do(self) -> None:
        with FakeIdentity() as fake:
            for status, garbage in ((200, ""), (403, ""), (500, ""), (200, "planted"),
                                    (200, '{"planted": "planted-value"}'),
                                    (200, "<planted>planted</planted>")):
                fake.status, fake.garbage = status, garbage
                with ThreadPoolExecutor(os.cpu_count()) as pool:
                    shown = list(pool.map(lambda case: monitor(case, fake.url), CASES))
                for case, (code, text) in zip(CASES, shown):
                    with self.subTest(case.name, status=status, garbage=garbage):
                        self.assert_silent(code, text)

    def test_of_a_proxy_are_not_shown_when_it_fails(self) -> None:
        with FakeIdentity() as fake:
            for case in (BEHIND_A_PROXY, MISSPELT_PROXY):
                with self.subTest(case.name):
                    code, text = monitor(case, fake.url)
                    self.assert_silent(code, text)
                    self.assertIn("proxy", text.lower())

    def test_are_not_needed_to_tell_who_failed_at_what(self) -> None:
        """Side, origin of the credentials, region, account where known, action, request."""
        told = {"environment": "source (the environment, region eu-west-1): DescribeTable: ",
                "role_arn by source_profile": "target (profile r, region eu-west-1), "
                                              "account 123456789012: DescribeTable: "}
        with FakeIdentity() as fake:
            for case in (case for case in CASES if case.name in told):
                with self.subTest(case.name):
                    _, text = monitor(case, fake.url)
                    self.assertIn(told[case.name], text)
                    self.assertIn("(request id request-1)", text)

    def assert_silent(self, code: int, text: str) -> None:
        self.assertNotIn(code, (0, DIED_OF_SANITIZER), text)
        self.assertTrue(text)
        for secret in SECRETS:
            self.assertNotIn(secret, text)


if __name__ == "__main__":
    unittest.main()
