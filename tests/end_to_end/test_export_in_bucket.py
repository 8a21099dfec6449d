"""An export read where it was made: in a bucket, served by s3rver (an S3 by other people).

As test_export.py, of the same files. The gate before the server holds every signature against
botocore's, and spoils answers where a test orders it.
"""

from __future__ import annotations

import os
import time
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import unquote

from harness import TABLE, Ended, Migration, Scenario
from export_writer import ID, scanned, write_export
from judge import open_findings
from s3rver import S3rver
from test_export import FILES, ITEMS, MAX_LAG, SCHEMA, damage

from bucket_gate import Answer, Asked, BucketGate, document

BUCKET = "my-exports"
PREFIX = "odd +%~/漢 &=?#"
OTHER_ID = "01600000000000-0badcafe"


class ExportInBucket(Scenario):
    maxDiff = None
    s3: S3rver

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        accounts = [f"source{number}" for number in range(1, 100)] + ["reader"]
        cls.s3 = S3rver([BUCKET, "dots.in.it"], accounts)
        cls.s3.start()
        cls.addClassCleanup(cls.s3.stop)

    def setUp(self) -> None:
        super().setUp()
        self.gate = BucketGate(self.s3.port)
        self.addCleanup(self.gate.stop)
        self.addCleanup(lambda: self.assertEqual(self.gate.faults, []))

    def made(self, items: int) -> Migration:
        migration = self.migration(SCHEMA, items=items)
        migration.create()
        return migration

    def put(self, folder: Path, prefix: str = PREFIX, bucket: str = BUCKET) -> str:
        """The files of an export below the prefix; its place."""
        client = self.s3.client("reader")
        base = f"{prefix}/AWSDynamoDB/{folder.name}"
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                client.put_object(Bucket=bucket, Key=f"{base}/{path.relative_to(folder)}",
                                  Body=path.read_bytes())
        return f"s3://{bucket}/{base}"

    def exported(self, migration: Migration, prefix: str = PREFIX, files: int = FILES,
                 bucket: str = BUCKET, **changed: object) -> str:
        described = migration.source.describe_table(TableName=TABLE)["Table"]
        folder = write_export(self.folder(), described, scanned(migration.source, TABLE), files,
                              datetime.now(timezone.utc), **changed)
        return self.put(folder, prefix, bucket)

    def compared(self, migration: Migration, place: str, *flags: str, **environment: str) -> Ended:
        environment.setdefault("AWS_ENDPOINT_URL_S3", self.gate.endpoint_url)
        return migration.monitor.run("compare", *migration.monitor.flags(), *MAX_LAG,
                                     "--source-export", place, "--output", "json", *flags,
                                     timeout=300, **environment)

    def refused(self, ended: Ended, code: int, *named: str) -> None:
        self.assert_exit(ended, code)
        for name in named:
            self.assertIn(name, ended.log)

    def test_finds_what_differs(self) -> None:
        migration = self.made(ITEMS)
        place = self.exported(migration)
        expected = damage(migration)
        ended = self.compared(migration, place)
        self.assert_exit(ended, 1)
        self.assertEqual(open_findings(migration.monitor.findings), expected)
        report = ended.report()
        self.assertEqual(report["compared"]["source_items"], ITEMS)
        self.assertIn(f"export       {place}, of ", ended.log)
        self.assertEqual(report["compared"]["source_scan_rcu"], 0)
        self.assertEqual({asked.key for asked in self.gate.asked}, {migration.source_account})
        data = [asked for asked in self.gate.asked if "/data/" in asked.path]
        self.assertEqual(len(data), FILES, "a file that is smaller than a part is asked for once")
        self.assertTrue(all(unquote(asked.path).startswith(f"/{BUCKET}/{PREFIX}/")
                            for asked in self.gate.asked))

    def test_another_profile_and_endpoint_may_read_it(self) -> None:
        migration = self.made(100)
        config = migration.monitor.folder / "aws_config"
        config.write_text(config.read_text() + "[profile exports]\naws_access_key_id = reader\n"
                          "aws_secret_access_key = local\nregion = eu-south-1\n")
        place = self.exported(migration, bucket="dots.in.it")
        ended = self.compared(migration, place + "/manifest-summary.json",
                              "--source-export-profile", "exports",
                              "--source-export-region", "eu-north-1",
                              "--source-export-endpoint-url", self.gate.endpoint_url,
                              AWS_ENDPOINT_URL_S3="http://127.0.0.1:1")
        self.assert_exit(ended, 0)
        self.assertIn(f" {place}, of ", ended.log)
        self.assertEqual({(asked.key, asked.region) for asked in self.gate.asked},
                         {("reader", "eu-north-1")})

    def test_a_place_without_an_export_is_told_with_those_there_are(self) -> None:
        migration = self.made(20)
        place = self.exported(migration, "one")
        parent = place.removesuffix("/" + ID)
        self.refused(self.compared(migration, "s3://no-such-bucket/AWSDynamoDB/" + ID), 2,
                     "NoSuchBucket", "is the bucket's name right?")
        for wrong in (f"{parent}/{OTHER_ID}", parent, f"s3://{BUCKET}/one", f"{place}/data"):
            self.refused(self.compared(migration, wrong), 2, "no manifest-summary.json",
                         f"below {parent}/ there is: {ID}")
        self.refused(self.compared(migration, f"s3://{BUCKET}/elsewhere"), 2,
                     f"there is no export below s3://{BUCKET}/elsewhere/AWSDynamoDB/")
        begun = f"{parent}/{OTHER_ID}".removeprefix(f"s3://{BUCKET}/")
        self.s3.client("reader").put_object(Bucket=BUCKET, Key=f"{begun}/_started", Body=b"")
        self.refused(self.compared(migration, f"s3://{BUCKET}/{begun}"), 2, "is not finished")
        self.assertFalse(migration.monitor.state.exists(), "what is refused leaves nothing")

    def test_a_missing_or_damaged_object_ends_it(self) -> None:
        migration = self.made(200)
        client = self.s3.client("reader")
        for number, spoil in enumerate((
                lambda key: client.delete_object(Bucket=BUCKET, Key=key),
                lambda key: client.put_object(Bucket=BUCKET, Key=key, Body=b""))):
            place = self.exported(migration, f"spoilt{number}")
            base = place.removeprefix(f"s3://{BUCKET}/")
            objects = client.list_objects_v2(Bucket=BUCKET, Prefix=f"{base}/data/")["Contents"]
            key = objects[0]["Key"]
            spoil(key)
            ended = self.compared(migration, place)
            self.refused(ended, 4, ("NoSuchKey", "is damaged")[number],
                         key if number == 0 else "data/")

    def test_denied_without_credentials_or_permission(self) -> None:
        migration = self.made(20)
        place = self.exported(migration, "denied")
        self.gate.order = lambda asked, answer: document(403, "AccessDenied", "Access Denied")
        self.refused(self.compared(migration, place), 4, "Access Denied", "s3:GetObject",
                     "kms:Decrypt", place)
        self.refused(self.compared(migration, place, "--source-export-profile", "nobody"), 2,
                     "nobody")

    def test_what_goes_wrong_on_the_way_is_mended(self) -> None:
        """Each object's answers come cut, refused, and of the wrong part, before right."""
        migration = self.made(2000)
        place = self.exported(migration, "mended", 2)
        expected = damage(migration)
        seen: dict[tuple[str, str], int] = {}

        def order(asked: Asked, answer: Answer) -> Answer | None:
            turn = seen[asked.path, asked.headers["range"]] = \
                seen.get((asked.path, asked.headers["range"]), -1) + 1
            if answer.status != 206 and answer.status != 200:
                return None
            return (Answer(answer.status, answer.body, answer.headers, len(answer.body) // 2),
                    document(503, "SlowDown", "Please reduce your request rate."),
                    Answer(206, answer.body[:-1], {"Content-Range": "bytes 0-6/1000"}),
                    None)[min(turn, 3)]

        self.gate.order = order
        ended = self.compared(migration, place, AWS_MAX_ATTEMPTS="5")
        self.assert_exit(ended, 1)
        self.assertEqual(open_findings(migration.monitor.findings), expected)
        self.assertGreaterEqual(max(seen.values()), 3)

    def test_an_outage_is_waited_out(self) -> None:
        migration = self.made(100)
        place = self.exported(migration, "outage")
        began = time.monotonic()

        def order(asked: Asked, _: Answer) -> Answer | None:
            away = "/data/" in asked.path and time.monotonic() - began < 8
            return document(503, "ServiceUnavailable") if away else None

        self.gate.order = order
        ended = self.compared(migration, place)
        self.assert_exit(ended, 0)
        self.assertIn("export_paused", ended.log)
        self.assertIn("export_resumed", ended.log)

    def test_an_object_written_anew_while_it_is_read_is_refused(self) -> None:
        """One file of several parts; another one takes its place behind the first."""
        migration = self.made(20)
        folder = write_export(self.folder(), migration.source.describe_table(
            TableName=TABLE)["Table"], self.large(3000), 1)
        place = self.put(folder, "anew")
        self.assert_exit(self.compared(migration, place), 0)
        parts = [asked for asked in self.gate.asked if "/data/" in asked.path]
        self.assertGreater(len(parts), 2)
        tags = {asked.headers.get("if-match") for asked in parts[1:]}
        self.assertEqual(len(tags), 1)
        self.assertNotIn(None, tags)
        self.assertNotIn("if-match", parts[0].headers)

        def order(asked: Asked, answer: Answer) -> Answer | None:
            if "/data/" in asked.path and "if-match" not in asked.headers:
                return Answer(answer.status, answer.body, answer.headers | {"ETag": '"of old"'})
            return None

        self.gate.order = order
        self.refused(self.compared(migration, place, "--fresh"), 4, "written anew")

    def large(self, count: int) -> list[dict[str, object]]:
        return [{**SCHEMA.key(number), "data": {"B": os.urandom(1000)}} for number in range(count)]

    def test_the_region_that_s3_tells_is_taken(self) -> None:
        migration = self.made(20)
        place = self.exported(migration, "region")

        def malformed(asked: Asked, _: Answer) -> Answer | None:
            return None if asked.region == "eu-west-3" else document(
                400, "AuthorizationHeaderMalformed", "the region is wrong",
                "<Region>eu-west-3</Region>")

        def moved(asked: Asked, _: Answer) -> Answer | None:
            return None if asked.region == "eu-west-3" else document(
                301, "PermanentRedirect", "elsewhere", x_amz_bucket_region="eu-west-3")

        for order in (malformed, moved):
            self.gate.order = order
            self.gate.asked.clear()
            self.assert_exit(self.compared(migration, place, "--fresh"), 0)
            regions = [asked.region for asked in self.gate.asked]
            self.assertEqual(set(regions[1:]), {"eu-west-3"}, "asked again in the wrong one")
        self.gate.order = lambda asked, answer: document(
            301, "PermanentRedirect", "elsewhere", x_amz_bucket_region="eu-west-3")
        self.refused(self.compared(migration, place), 4, "the bucket is in eu-west-3",
                     "endpoint")
