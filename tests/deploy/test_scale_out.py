"""The files for a comparison by several workers, against models of others and a real Slurm.

Each scheduler must try again what may pass by itself, as often as the others do, give up what needs
somebody, and begin no step before the one before it is complete.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import textwrap
import unittest
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import botocore.session
import yaml
from botocore.validate import ParamValidator

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
sys.path.insert(0, str(ROOT / "tools"))

from slurm_cluster import SlurmCluster, missing_programs  # noqa: E402

PAGE = (ROOT / "docs/scale-out.md").read_text()
ATTEMPTS = 10
WORKERS = "--workers="
NEEDS_SOMEBODY, MAY_PASS = (2,), (4, 137, 143)
JOB_SECONDS_MAX = 120


def batch_job() -> dict[str, Any]:
    job: dict[str, Any] = json.loads((DEPLOY / "batch/job-definition.json").read_text())
    return job


def kubernetes_job(step: str = "") -> dict[str, Any]:
    [job] = yaml.safe_load_all((DEPLOY / f"kubernetes/ddm-orders-compare{step}.yaml").read_text())
    assert isinstance(job, dict)
    return job


def arguments(step: str = "") -> list[str]:
    [container] = kubernetes_job(step)["spec"]["template"]["spec"]["containers"]
    return list(container["args"])


def workers_of(words: list[str]) -> int:
    [number] = [int(word.removeprefix(WORKERS)) for word in words if word.startswith(WORKERS)]
    return number


def batch_action(strategy: dict[str, Any], code: int, reason: str) -> str:
    """As AWS Batch evaluates it: the first whose conditions all hold; none: tried again."""
    said = {"onExitCode": str(code), "onReason": reason, "onStatusReason": "Essential container"}
    for rule in strategy["evaluateOnExit"]:
        if all(fnmatchcase(said[name], pattern) for name, pattern in rule.items()
               if name != "action"):
            return str(rule["action"])
    return "RETRY"


class Flags(unittest.TestCase):
    def assert_accepted(self, words: list[str]) -> None:
        """All faults of a command line are told at once: here only the one that is planted."""
        ended = subprocess.run([os.environ["DDM_MONITOR"], *words, "--memory", "none"],
                               capture_output=True, text=True, check=False,
                               env=os.environ | {"JOB_COMPLETION_INDEX": "0"})
        self.assertEqual(ended.returncode, 2)
        self.assertEqual(ended.stderr.count("error:"), 1, ended.stderr)
        self.assertIn("--memory", ended.stderr)

    def test_are_those_of_the_program_and_the_same_everywhere(self) -> None:
        usual = arguments()
        for step, more in (("", []), ("-prepare", ["--prepare"]), ("-merge", ["--merge"])):
            self.assert_accepted(arguments(step))
            self.assertEqual(sorted(arguments(step)), sorted(usual + more))
        self.assertEqual(batch_job()["containerProperties"]["command"], usual)

    def test_say_as_many_workers_as_the_scheduler_starts(self) -> None:
        workers = workers_of(arguments())
        spec = kubernetes_job()["spec"]
        self.assertEqual((spec["completions"], spec["parallelism"], spec["completionMode"]),
                         (workers, workers, "Indexed"))
        self.assertEqual(re.findall(r"--array-properties size=(\d+)", PAGE), [str(workers)])


class Batch(unittest.TestCase):
    def test_would_take_the_job(self) -> None:
        model = botocore.session.get_session().get_service_model("batch")
        shape = model.operation_model("RegisterJobDefinition").input_shape
        job = batch_job()
        self.assertEqual(ParamValidator().validate(job, shape).generate_report(), "")
        container = job["containerProperties"]
        misspelt = job | {"containerProperties": container | {"ephemeralStorag": 1}}
        self.assertIn("ephemeralStorag",
                      ParamValidator().validate(misspelt, shape).generate_report())
        self.assertTrue(container["readonlyRootFilesystem"])
        self.assertEqual([mount["sourceVolume"] for mount in container["mountPoints"]],
                         [volume["name"] for volume in container["volumes"]])

    def test_tries_again_what_may_pass_and_nothing_else(self) -> None:
        strategy = batch_job()["retryStrategy"]
        self.assertEqual(strategy["attempts"], ATTEMPTS)
        for code in NEEDS_SOMEBODY:
            self.assertEqual(batch_action(strategy, code, "Error"), "EXIT", code)
        for code in (3, *MAY_PASS):
            self.assertEqual(batch_action(strategy, code, "Host EC2 terminated"), "RETRY", code)

    def test_does_not_try_a_merge_again_that_has_said_its_word(self) -> None:
        [strategy] = [json.loads(text) for text in
                      re.findall(r"(?s)--retry-strategy '(\{.*?\})'", PAGE)]
        self.assertEqual(strategy["attempts"], ATTEMPTS)
        for code in (1, 2, 3):
            self.assertEqual(batch_action(strategy, code, "Error"), "EXIT", code)
        for code in MAY_PASS:
            self.assertEqual(batch_action(strategy, code, "Error"), "RETRY", code)


class Kubernetes(unittest.TestCase):
    def failing(self, step: str) -> list[int]:
        ignored, rule = kubernetes_job(step)["spec"]["podFailurePolicy"]["rules"]
        self.assertEqual((ignored["action"], ignored["onPodConditions"]),
                         ("Ignore", [{"type": "DisruptionTarget", "status": "True"}]))
        self.assertEqual(rule["action"], "FailJob")
        spec = kubernetes_job(step)["spec"]["template"]["spec"]
        self.assertEqual(rule["onExitCodes"]["containerName"], spec["containers"][0]["name"])
        codes: list[int] = rule["onExitCodes"]["values"]
        return codes

    def test_tries_again_what_may_pass_and_nothing_else(self) -> None:
        self.assertEqual(self.failing(""), list(NEEDS_SOMEBODY))
        self.assertEqual(kubernetes_job()["spec"]["backoffLimitPerIndex"], ATTEMPTS)
        for step in ("-prepare", "-merge"):
            self.assertEqual(self.failing(step), [1, 2, 3])
            self.assertEqual(kubernetes_job(step)["spec"]["backoffLimit"], ATTEMPTS)

    def test_runs_all_three_alike(self) -> None:
        [usual] = kubernetes_job()["spec"]["template"]["spec"]["containers"]
        for step in ("-prepare", "-merge"):
            pod = kubernetes_job(step)["spec"]["template"]["spec"]
            [container] = pod["containers"]
            self.assertEqual(container | {"args": None}, usual | {"args": None})
            self.assertEqual(pod["securityContext"],
                             kubernetes_job()["spec"]["template"]["spec"]["securityContext"])


@unittest.skipIf(os.geteuid() != 0, "a Slurm of our own wants root")
@unittest.skipIf(missing_programs(), f"not installed: {missing_programs()} (slurm-wlm, munge)")
class Slurm(unittest.TestCase):
    """deploy/slurm as it stands, with a program that only tells what it was told."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="ddm-slurm-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.cluster = self.enterContext(SlurmCluster(nodes=2))

    def submit(self, program: str, *words: str) -> dict[str, str]:
        """`program` is handed to bash as what stands for ours."""
        path = self.folder / "dynamodb-migration-monitor"
        path.write_text(f"#!/bin/bash\necho \"${{SLURM_ARRAY_TASK_ID:-one}} $*\" >> "
                        f"{self.folder}/told\n{textwrap.dedent(program)}\n")
        path.chmod(0o755)
        variables = self.cluster.environment
        variables["PATH"] = f"{self.folder}:{variables['PATH']}"
        done = subprocess.run([DEPLOY / "slurm/submit.sh", *words], cwd=self.folder, env=variables,
                              capture_output=True, text=True, timeout=60, check=True)
        return dict(line.split() for line in done.stdout.splitlines())

    def told(self) -> Iterator[tuple[str, str]]:
        """Who (a task's number, or "one"), and what it was told; in order."""
        for line in (self.folder / "told").read_text().splitlines():
            who, _, words = line.partition(" ")
            yield who, words

    def ended(self, job: str) -> set[str]:
        return set(self.cluster.wait(job, JOB_SECONDS_MAX).values())

    def test_tries_a_worker_again_and_merges_once_all_are_complete(self) -> None:
        jobs = self.submit(f"""
            [[ " $* " != *" --merge"* ]] || exit 1
            [[ ${{SLURM_ARRAY_TASK_ID:-}} == 1 && ! -e {self.folder}/failed ]] || exit 0
            touch {self.folder}/failed
            exit 4""", "3", "--target-table", "a table")
        self.assertEqual(self.ended(jobs["merge"]), {"FAILED"})
        self.assertEqual(self.cluster.exit_code(jobs["merge"]), 1)
        self.assertEqual(self.ended(jobs["work"]), {"COMPLETED"})
        self.assertEqual([self.cluster.restarts(f"{jobs['work']}_{task}") for task in range(3)],
                         [0, 1, 0])
        said = list(self.told())
        usual = "compare --workers 3 --target-table a table"
        self.assertEqual(said[0], ("one", usual.replace("3 ", "3 --prepare ")))
        self.assertEqual(sorted(said[1:-1]), [(task, usual) for task in "0112"])
        self.assertEqual(said[-1], ("one", usual.replace("3 ", "3 --merge ")))

    def test_gives_up_what_needs_somebody_and_everything_behind_it(self) -> None:
        jobs = self.submit("""[[ ${SLURM_ARRAY_TASK_ID:-} != 1 ]] || exit 2""", "2", "--fresh")
        self.assertEqual(self.ended(jobs["work"]), {"COMPLETED", "FAILED"})
        self.assertEqual(self.ended(jobs["merge"]), {"CANCELLED"})
        self.assertEqual(len(list(self.told())), 3)

    def test_runs_two_arrays_where_there_is_something_to_exchange(self) -> None:
        jobs = self.submit("true", "2", "--exchange", "/shared", "--max-lag", "5s")
        self.assertEqual(list(jobs), ["prepare", "scan", "join", "merge"])
        self.assertEqual(self.ended(jobs["merge"]), {"COMPLETED"})
        usual = "--exchange /shared --max-lag 5s"
        self.assertEqual(sorted(list(self.told())[1:-1]), sorted(
            (task, f"compare --workers 2 --step {step} {usual}")
            for task in "01" for step in ("scan", "join")))
        steps = [words.split("--step ")[1].split()[0] for _, words in list(self.told())[1:-1]]
        self.assertEqual(steps, ["scan", "scan", "join", "join"])

    def test_refuses_to_begin_without_a_number_of_workers(self) -> None:
        for words in ((), ("3",), ("many", "--fresh"), ("0", "--fresh")):
            done = subprocess.run([DEPLOY / "slurm/submit.sh", *words], capture_output=True,
                                  env=self.cluster.environment, timeout=60, check=False)
            self.assertEqual(done.returncode, 2, words)


if __name__ == "__main__":
    unittest.main()
