"""Every command that README and guides tell to type is typed here.

Problem: a command in a document goes stale, and who types it first is a user. Idea: each block of
shell is handed to bash as it stands, in a folder of its own page, against two accounts of DynamoDB
Local. `dynamodb-migration-monitor` is the real one; what would run for days gets Ctrl-C after some
seconds. `aws` is aws_command.py; jq, sqlite3, curl and python3 are themselves. Reason: whatever
makes a command fail for a user (a flag, a quote, a file that no earlier command made) makes it
fail here.

What is not run as it stands:
- `<!-- needs AWS -->` before a block: its calls are held against AWS's models and not sent, and of
  the program's command lines only that they are right is seen (exit code 4, no service).
- `<!-- needs root -->` and `<!-- needs a cluster -->` before a block: it is only parsed.
- `<!-- run by FILE -->` before a block: by that file, which is there.
- ./dev: that there is such a command; continuous integration runs `./dev test`, which is this.

A figure behind `#` of a python3 command is what it prints; jq prints no null, which is what it
makes of a name that is spelt wrong. Translations have the same blocks (tests/tools/test_docs.py).
Fences of other languages, marks, and commands in running text: tests/tools/test_named_commands.py.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness import Scenario, dynamodb_local, enable_stream, wait_until

import documents  # harness.py tells where
from documents import ROOT, Fence
from export_writer import scanned, write_export

PAGES = documents.pages()
SIDES = ("source", "target")
PROFILES = {"source": "source", "source_profile": "source", "source-admin": "source",
            "stream_profile": "source", "old": "source", "target": "target",
            "target_profile": "target", "target-admin": "target", "new": "target"}
REGION = "eu-west-1"
OLD_REGION = "ap-northeast-1"  # of the tool before this one
TABLES = (("orders", REGION, ("pk",)), ("my-table", REGION, ("pk",)), ("carts", REGION, ("pk",)),
          ("old-carts", REGION, ("pk",)),
          ("my-table", OLD_REGION, ("user_id", "timestamp")))
FILES = {"table.json": """{
    "TableName": "my-table", "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}]}""",
         "table-policy.json": "{}", "stream-policy.json": "{}"}
RUN_SECONDS = 6  # of what ends only by Ctrl-C
NEEDS_AWS = "needs AWS"
ONLY_PARSED = ("needs root", "needs a cluster", "needs a bucket")
REFUSED_BY_BASH = re.compile(r"^bash: .*(syntax error|unbound variable|here-document)",
                             re.MULTILINE)
# (page, what is run): exit codes that are right although they are not 0.
NOT_ZERO = {
    ("README.md", "monitor plan"): {3},   # DynamoDB Local does not answer everything
    ("flags.md", "monitor report"): {3},  # of a monitor that watches no more
    ("fleet.md", "monitor report"): {3},
    ("fleet.md", "monitor plan"): {3},
    ("fleet.md", "monitor compare"): {3},  # of empty tables
    ("scale-out.md", "$@"): {3},  # of empty tables
    ("operations.md", "--undo"): {2},     # nothing was wrong, so there is no journal
    # The page shows what is refused, and below it what to type instead.
    ("coming_from_the_old_tool.md", "--verify-on source"): {2},
}
MONITOR = re.compile(r"dynamodb-migration-monitor (monitor|--)")
INTERRUPTED = {0, 3}  # 3: before anything was checked
FIGURE = re.compile(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?")


def blocks(page: Path) -> list[Fence]:
    return [fence for fence in documents.fences(page.read_text()) if fence.language == "sh"]


def calculations(block: Fence) -> Iterator[tuple[str, str]]:
    """Each command of a block that only calculates, and the comment behind it."""
    command = ""
    for line in block.text.splitlines():
        command += line + "\n"
        try:
            words = shlex.split(command, comments=True)
        except ValueError:  # a quote is still open
            continue
        if words[:2] == ["python3", "-c"]:
            yield command, command.rpartition('"')[2].partition("#")[2]
        command = ""


def figures(text: str) -> set[float]:
    return {float(number.replace(",", "")) for number in FIGURE.findall(text)}


class DocumentedCommands(Scenario):
    def setUp(self) -> None:
        self.cwd = self.folder()
        self.endpoint_url = self.local.endpoint_url
        self.port = 0  # until serve()
        self.commands = self.cwd / "commands"
        self.commands.mkdir()
        (self.cwd / "deploy").symlink_to(ROOT / "deploy")
        self.failures = self.cwd / "failures"
        self.stub("aws", f'exec /usr/bin/python3 {ROOT}/tests/end_to_end/aws_command.py "$@"')
        self.stub("dynamodb-migration-monitor", f"""
            exec timeout --foreground --signal=INT --kill-after=60 --preserve-status \\
              "$DDM_SECONDS" {os.environ["DDM_MONITOR"]} "$@" """)
        self.stub("jq", f"""
            printed=$({shutil.which("jq")} "$@"; echo "=$?")
            printf %s "${{printed%=*}}"
            ! grep -qE '(^|[^:][ \t])null([ \t]|$)' <<<"${{printed%=*}}" || exit 99
            exit "${{printed##*=}}" """)
        self.stub("../dev", f"""{ROOT}/dev help | grep -qE "^  $1( |$)" """)

    def stub(self, name: str, script: str) -> None:
        path = self.commands / name
        path.write_text("#!/bin/bash\n" + textwrap.dedent(script).strip() + "\n")
        path.chmod(0o755)

    def test_every_block_of_every_page(self) -> None:
        run = 0
        for number, page in enumerate(PAGES):
            found = blocks(page)
            if not found:
                continue
            self.prepare(page, f"page{number}")
            for block in found:
                with self.subTest(page=page.name, block=block.text):
                    run += 1
                    self.run_block(page, block)
        self.assertGreater(run, 30)

    def test_a_block_that_fails_or_prints_null_is_noticed(self) -> None:
        page = ROOT / "README.md"
        self.prepare(page, "noticed")
        for wrong in ("false", "jq .kin <<<'{}'", "jq -r '\"\\(.n) \\(.kin)\"' <<<'{\"n\": 1}'",
                      "jq -r '[.n, .kin] | @tsv' <<<'{\"n\": 1}' | cat; jq .kin <<<'{}' | cat",
                      "dynamodb-migration-monitor --unheard-of", "./dev unheard-of", "if true"):
            with self.subTest(wrong), self.assertRaises(AssertionError):
                self.run_block(page, Fence("", "sh", wrong + "\n"))
        self.run_block(page, Fence("", "sh", "jq .kind <<<'{\"kind\": {\"a\": null}}'\n"))

    def test_every_figure_behind_a_calculation_is_what_it_gives(self) -> None:
        compared = 0
        for page in PAGES:
            for command, comment in (each for block in blocks(page)
                                     for each in calculations(block)):
                wanted = figures(comment.rpartition(":")[2])
                given = subprocess.run(["bash", "-c", command], check=True, capture_output=True,
                                       text=True, timeout=60).stdout
                with self.subTest(page=page.name, command=command):
                    self.assertEqual(wanted - figures(given), set(), given)
                    compared += len(wanted)
        self.assertGreater(compared, 20)

    def test_a_calculation_gives_its_comment_or_the_table_above_it(self) -> None:
        without = 0
        for page in PAGES:
            for block in blocks(page):
                if all(figures(comment) for _, comment in calculations(block)):
                    continue
                without += 1
                above = page.read_text().split(block.text)[0]
                table = re.findall(r"(?m)^\|.*$", above[above.rindex("\n\n|"):])[2:]
                given = subprocess.run(["bash", "-c", block.text], check=True, text=True,
                                       capture_output=True, timeout=60).stdout
                wanted = {figure for row in table for cell in row.strip("|").split("|")[2:]
                          for figure in figures(cell)}
                with self.subTest(page=page.name, command=block.text):
                    self.assertGreater(len(wanted), 5)
                    self.assertEqual(wanted - figures(given), set(), given)
        self.assertGreater(without, 0)

    def run_block(self, page: Path, block: Fence) -> None:
        if block.mark.startswith("run by "):
            self.assertTrue((ROOT / block.mark.removeprefix("run by ")).is_file())
            return
        if block.mark in ONLY_PARSED:
            subprocess.run(["bash", "-n", "-c", block.text], check=True, timeout=60)
            return
        self.failures.unlink(missing_ok=True)
        self.failures.touch()
        needs_aws = block.mark == NEEDS_AWS
        trap = f"""trap 'echo "$? $BASH_COMMAND" >> {self.failures}' ERR\n"""
        text = self.with_what_is_here(block.text)
        done = subprocess.run(["bash", "-uE", "-o", "pipefail", "-c", trap + text], cwd=self.cwd,
                              env=self.environment(needs_aws), capture_output=True, text=True,
                              timeout=300, check=False)
        said = f"{done.stdout[-1500:]}\n{done.stderr[-3000:]}"
        failures = self.failures.read_text().splitlines()
        for failure in failures:
            code, _, command = failure.partition(" ")
            self.assertIn(int(code), self.right_codes(page.name, command, needs_aws),
                          f"{command}\n{said}")
        # A block that bash refuses, or leaves early, tells of no command.
        lines = re.sub(r"(^|\s)#.*", "", block.text, flags=re.MULTILINE)
        ends = {0, *map(int, re.findall(r"\bexit (\d+)", lines)),
                *(int(failure.partition(" ")[0]) for failure in failures[-1:])}
        self.assertIn(done.returncode, ends, said)
        self.assertNotRegex(done.stderr, REFUSED_BY_BASH, said)

    @staticmethod
    def right_codes(page: str, command: str, needs_aws: bool) -> set[int]:
        if needs_aws and command.startswith("dynamodb-migration-monitor"):
            return {4}
        usual = INTERRUPTED if MONITOR.match(command) else set()
        return next((codes for (name, part), codes in NOT_ZERO.items()
                     if name == page and part in command), usual)

    def with_what_is_here(self, text: str) -> str:
        """The block, with the examples of a stream, an account and an address as they are here."""
        stream = r"arn:aws:dynamodb:ap-northeast-1:\d+:table/my-table/stream/[\d:.T-]+"
        text = re.sub(stream, self.stream("source", OLD_REGION), text)
        return text.replace("TARGET_STREAM_ARN", self.stream("target", REGION)) \
            .replace("127.0.0.1:8080", f"127.0.0.1:{self.port}")

    def environment(self, needs_aws: bool) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items()
                     if not name.startswith(("AWS_", "DDB_"))}
        nobody = f"http://127.0.0.1:{dynamodb_local.free_port()}"
        more = {"DDM_NEEDS_AWS": "1"} if needs_aws else {}
        return inherited | {
            "PATH": f"{self.commands}:{inherited['PATH']}", "DDM_SECONDS": str(RUN_SECONDS),
            "AWS_CONFIG_FILE": str(self.cwd / "aws_config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(self.cwd / "aws_credentials"),
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": nobody if needs_aws else self.endpoint_url} | more

    def prepare(self, page: Path, accounts: str) -> None:
        """Fresh accounts with all tables, and the files that a reader of this page has by then."""
        for path in self.cwd.iterdir():
            if path.is_file() and path.name != "dev":
                path.unlink()
        self.accounts = {side: side + accounts for side in SIDES}
        (self.cwd / "aws_credentials").touch()
        (self.cwd / "aws_config").write_text("".join(
            f"[profile {profile}]\nregion = {REGION}\naws_access_key_id = {self.accounts[side]}\n"
            f"aws_secret_access_key = local\n" for profile, side in PROFILES.items()))
        for name, text in (FILES | self.files_of(page)).items():
            (self.cwd / name).write_text(text)
        self.create_tables(with_stream=page.name != "migration.md")  # there a block turns it on
        self.make_state(page.name == "night.md")
        if page.name == "http.md":
            self.serve()
        if page.name.startswith("migration"):
            self.write_export()

    def files_of(self, page: Path) -> dict[str, str]:
        """What the page tells to save, in this folder and on a port of this machine."""
        fleet = re.search(r"```toml\n(.*?)```\n\nSave it as `(.*?)`", page.read_text(), re.DOTALL)
        if not fleet:
            return {}
        text = fleet[1].replace("/var/lib/ddm/", "")
        return {fleet[2]: text.replace("127.0.0.1:8080", "127.0.0.1:0")}

    def create_tables(self, with_stream: bool) -> None:
        for side in SIDES:
            for table, region, keys in TABLES:
                client = self.client(side, region)
                client.create_table(
                    TableName=table, BillingMode="PAY_PER_REQUEST",
                    AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}
                                          for key in keys],
                    KeySchema=[{"AttributeName": key, "KeyType": kind}
                               for key, kind in zip(keys, ("HASH", "RANGE"))])
                if table != "my-table" or side == "target" or with_stream:
                    enable_stream(client, table, "NEW_AND_OLD_IMAGES")

    def client(self, side: str, region: str) -> Any:
        return dynamodb_local.client(self.accounts[side], self.endpoint_url, region=region)

    def stream(self, side: str, region: str) -> str:
        table = self.client(side, region).describe_table(TableName="my-table")["Table"]
        return str(table.get("LatestStreamArn", "none"))

    def make_state(self, with_mismatch: bool) -> None:
        """STATE, FINDINGS and report.json, and the state under the names of the examples."""
        for number in range(10):
            for side in SIDES[:1] if with_mismatch and number == 0 else SIDES:
                for table in ("orders", "my-table"):
                    self.client(side, REGION).put_item(TableName=table,
                                                       Item={"pk": {"S": f"order {number}"}})
        ran = self.monitor("--until-caught-up", "--output", "json", "--state", "STATE",
                           "--findings", "FINDINGS")
        self.addCleanup(ran.kill)
        report, _ = ran.communicate(timeout=120)
        self.assertEqual(ran.returncode, 1 if with_mismatch else 0)
        (self.cwd / "report.json").write_text(report)
        for name in ("my-table", "orders", "users"):
            shutil.copy(self.cwd / "STATE", self.cwd / f"{name}.monitor.db")

    def write_export(self) -> None:
        """Of my-table, as `aws s3 sync` brings it."""
        client = self.client("source", REGION)
        described = client.describe_table(TableName="my-table")["Table"]
        written = write_export(self.folder(), described, scanned(client, "my-table"), 3)
        shutil.copytree(written, self.cwd / "export", dirs_exist_ok=True)

    def serve(self) -> None:
        self.port = dynamodb_local.free_port()
        address = f"127.0.0.1:{self.port}"
        serving = self.monitor("--listen", address, "--state", "served.db")
        self.addCleanup(serving.communicate, timeout=60)
        self.addCleanup(serving.terminate)

        def answers() -> bool:
            self.assertIsNone(serving.poll(), "the monitor has ended")
            asked = subprocess.run(["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}",
                                    f"http://{address}/go"], capture_output=True, text=True,
                                   timeout=60, check=False)
            return asked.stdout in ("200", "503")
        wait_until(answers)

    def monitor(self, *flags: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [os.environ["DDM_MONITOR"], "--source-profile", "source", "--target-profile", "target",
             "--region", REGION, "--target-table", "orders", "--sample-rate", "1",
             "--iterator-type", "TRIM_HORIZON", "--max-lag", "2s", *flags],
            cwd=self.cwd, env=self.environment(False), text=True, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL)
