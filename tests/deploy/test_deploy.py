"""What deploy/ holds, against models of others: systemd's, botocore's of ECS, Kubernetes'."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path
from typing import Any

import botocore.session
import yaml
from botocore.validate import ParamValidator

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
UNIT = DEPLOY / "systemd/ddm@.service"
EXPOSURE_MAX = 1.5
STANDBY = "--state=dynamodb://migration-states/orders"
TYPES = {"StatefulSet": "apps/v1", "Deployment": "apps/v1", "Service": "core/v1",
         "ServiceAccount": "core/v1",
         "Job": "batch/v1"}
FREEZE = "--freeze-at="
CUTOVER = "ddm-orders-cutover"


def task_definition(which: str = "") -> dict[str, Any]:
    return json.loads((DEPLOY / f"ecs/task-definition{which}.json").read_text())


def manifests() -> list[dict[str, Any]]:
    return [each for path in sorted((DEPLOY / "kubernetes").glob("*.yaml"))
            for each in yaml.safe_load_all(path.read_text())]


def manifest(name: str, kind: str) -> dict[str, Any]:
    [found] = [each for each in manifests()
               if (each["metadata"]["name"], each["kind"]) == (name, kind)]
    return found


def pod(kind: str = "StatefulSet", name: str = "ddm-orders") -> dict[str, Any]:
    found: dict[str, Any] = manifest(name, kind)["spec"]["template"]["spec"]
    return found


def memory_limits() -> set[str]:
    """Of the unit, the task and the pods, in GiB."""
    [unit] = re.findall(r"(?m)^MemoryMax=(\d+)G$", UNIT.read_text())
    pods = {each["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["memory"]
            .removesuffix("Gi") for each in manifests() if "template" in each.get("spec", {})}
    tasks = {f'{int(task_definition(which)["memory"]) / 1024:g}' for which in ("", "-standby")}
    return {unit} | tasks | pods


class Image(unittest.TestCase):
    """The Dockerfile makes what tools/make_image.sh makes: no daemon is at hand to see it do so."""

    DOCKERFILE = (DEPLOY / "docker/Dockerfile").read_text()
    SCRIPT = (ROOT / "tools/make_image.sh").read_text()

    def test_both_say_the_same_of_user_folder_entry_and_signal(self) -> None:
        for flag, instruction in (("user", "USER"), ("workingdir", "WORKDIR"),
                                  ("volume", "VOLUME"), ("stopsignal", "STOPSIGNAL"),
                                  ("entrypoint", "ENTRYPOINT")):
            [said] = re.findall(rf"--config\.{flag} (\S+)", self.SCRIPT)
            self.assertEqual(re.findall(rf"(?m)^{instruction} (.*)$", self.DOCKERFILE)[-1].strip(
                '[]"'), said)

    def test_both_take_the_same_files_and_make_the_same_accounts(self) -> None:
        for pattern in (r"libraries=\$\(.*paste -sd ,\)", r"path-(?:ex|in)clude=[^' ]+",
                        r"tar -C \S+ -x (\./usr/bin .*?)(?: \\)?$", r"printf '(.*)' >",
                        r"install -d (-o 65532 .*0700) "):
            with self.subTest(pattern=pattern):
                here, there = (re.findall(pattern, text, re.M)
                               for text in (self.DOCKERFILE, self.SCRIPT.replace(
                                   '"$package"', "/monitor.deb")))
                self.assertTrue(here)
                self.assertEqual(here, there)


class Deploy(unittest.TestCase):
    def test_the_health_check_of_the_task_asks_for_the_state_that_its_monitor_writes(self) -> None:
        [container] = task_definition()["containerDefinitions"]
        kind, program, *arguments = container["healthCheck"]["command"]
        self.assertEqual((kind, program), ("CMD", "/usr/bin/dynamodb-migration-monitor"))
        state = container["command"][container["command"].index("--state") + 1]
        with tempfile.TemporaryDirectory() as folder:
            moved = [each.replace(state, f"{folder}/none.db") for each in arguments]
            self.assertNotEqual(moved, arguments)
            ended = subprocess.run([os.environ["DDM_MONITOR"], *moved], capture_output=True,
                                   text=True, check=False)
        self.assertEqual(ended.returncode, 2)
        self.assertIn("none.db", ended.stderr)

    def assert_accepted(self, arguments: list[str]) -> None:
        """All faults of a command line are told at once: here only the one that is planted."""
        ended = subprocess.run([os.environ["DDM_MONITOR"], *arguments, "--memory", "none"],
                               capture_output=True, text=True, check=False)
        self.assertEqual(ended.returncode, 2)
        self.assertEqual(ended.stderr.count("error:"), 1, ended.stderr)
        self.assertIn("--memory", ended.stderr)

    def test_the_unit_is_what_systemd_reads_and_little_exposed(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            unit = Path(folder) / "ddm@orders.service"
            # Verified without what is not here: the program's place and its man page.
            text = UNIT.read_text().replace("/usr/bin/dynamodb-migration-monitor",
                                            os.environ["DDM_MONITOR"])
            unit.write_text(re.sub(r"(?m)^Documentation=.*\n", "", text))
            ended = subprocess.run(["systemd-analyze", "verify", str(unit)], text=True,
                                   capture_output=True, check=False)
            told = [line for line in (ended.stdout + ended.stderr).splitlines()
                    if "ddm@" in line and "user ddm" not in line.lower()]
            self.assertEqual(told, [])
            ended = subprocess.run(["systemd-analyze", "security", "--offline=true", str(unit)],
                                   text=True, capture_output=True, check=False)
            exposure = re.search(r"exposure level for \S+: ([0-9.]+)", ended.stdout)
            assert exposure, ended.stdout + ended.stderr
            self.assertLessEqual(float(exposure[1]), EXPOSURE_MAX)

    def test_the_unit_starts_the_program_with_flags_that_it_knows(self) -> None:
        [command] = re.findall(r"(?m)^ExecStart=(.*)$", UNIT.read_text())
        arguments = command.replace("%i", "orders").split()[1:]
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as config:
            config.write('target-table = "orders"\n')
            config.flush()
            arguments[arguments.index("--config") + 1] = config.name
            self.assert_accepted(arguments)

    def test_ecs_would_take_the_task(self) -> None:
        model = botocore.session.get_session().get_service_model("ecs")
        shape = model.operation_model("RegisterTaskDefinition").input_shape
        for task in (task_definition(), task_definition("-standby")):
            self.assertEqual(ParamValidator().validate(task, shape).generate_report(), "")
            [container] = task["containerDefinitions"]
            self.assertTrue(container["readonlyRootFilesystem"])
            names = {volume["name"] for volume in task["volumes"]}
            self.assertEqual({mount["sourceVolume"] for mount in container["mountPoints"]}, names)
            self.assert_accepted(container["command"])

    def test_what_has_its_state_in_a_table_runs_as_what_has_it_on_a_disk(self) -> None:
        [usual], [standby] = pod()["containers"], pod("Deployment")["containers"]
        self.assert_accepted(standby["args"])
        self.assertEqual([each for each in standby["args"] if each not in usual["args"]],
                         [STANDBY, "--findings=/scratch/orders.findings.jsonl"])
        self.assertEqual([each for each in usual["args"] if each not in standby["args"]],
                         ["--state=/state/orders.monitor.db"])
        for member in ("image", "resources", "securityContext", "readinessProbe", "livenessProbe"):
            self.assertEqual(standby[member], usual[member])
        self.assertEqual(pod("Deployment")["securityContext"], pod()["securityContext"])
        [of_pod] = [each["value"] for each in standby["env"] if each["name"] == "TMPDIR"]
        self.assertIn(of_pod, [mount["mountPath"] for mount in standby["volumeMounts"]])
        [usual], [standby] = (task_definition(which)["containerDefinitions"]
                              for which in ("", "-standby"))
        self.assertEqual([each for each in standby["command"] if each not in usual["command"]],
                         [STANDBY.split("=")[1], "--findings", "/state/orders.findings.jsonl"])
        [of_task] = [each["value"] for each in standby["environment"] if each["name"] == "TMPDIR"]
        self.assertEqual([of_task], [mount["containerPath"] for mount in standby["mountPoints"]])

    def test_kubernetes_knows_every_member(self) -> None:
        source = []
        for number, each in enumerate(manifests()):
            module = TYPES[each["kind"]]
            source.append(f'import type {{ {each["kind"]} as T{number} }} from '
                          f'"kubernetes-types/{module}";\n'
                          f"export const m{number} = {json.dumps(each)} satisfies T{number};\n")
        types = ROOT / "tools/kubernetes-types"
        compiler = ROOT / "web/node_modules/typescript/bin/tsc"

        def told_of(text: str) -> str:
            with tempfile.TemporaryDirectory(dir=types) as folder:
                file = Path(folder) / "manifests.ts"
                file.write_text(text)
                return subprocess.run(["node", str(compiler), "--noEmit", "--strict",
                                       "--skipLibCheck", "--module", "esnext",
                                       "--moduleResolution", "bundler", str(file)],
                                      capture_output=True, text=True, check=False).stdout

        text = "".join(source)
        self.assertEqual(told_of(text), "")
        self.assertIn("fsGruop", told_of(text.replace('"fsGroup"', '"fsGruop"')))

    def test_the_cutover_runs_the_same_on_the_same_volume_until_it_is_over(self) -> None:
        cutover = pod("Job", CUTOVER)
        [container], [usual] = cutover["containers"], pod()["containers"]
        self.assert_accepted(container["args"])
        [frozen] = [each for each in container["args"] if each.startswith(FREEZE)]
        self.assertEqual({each for each in container["args"] if each not in usual["args"]},
                         {frozen, "--require-go"})
        self.assertEqual([each for each in usual["args"] if each not in container["args"]
                          and not each.startswith("--listen")], [])
        for member in ("image", "resources", "securityContext"):
            self.assertEqual(container[member], usual[member])
        self.assertEqual(cutover["securityContext"], pod()["securityContext"])
        [rule] = manifest(CUTOVER, "Job")["spec"]["podFailurePolicy"]["rules"]
        [given_up] = re.findall(r"(?m)^RestartPreventExitStatus=(.*)$", UNIT.read_text())
        self.assertEqual(rule["onExitCodes"]["values"], [int(each) for each in given_up.split()])

    def test_what_is_started_again_for_ever_has_no_flag_to_end_by(self) -> None:
        [task] = task_definition()["containerDefinitions"]
        for arguments in (task["command"], pod()["containers"][0]["args"]):
            for each in arguments:
                self.assertNotRegex(each, "^--(freeze-at|until-caught-up|duration|fresh)")

    def test_the_limits_of_memory_agree(self) -> None:
        self.assertEqual(len(memory_limits()), 1, memory_limits())

    def test_the_pod_runs_the_program_as_nobody_in_particular(self) -> None:
        [container] = pod()["containers"]
        self.assertTrue(container["securityContext"]["readOnlyRootFilesystem"])
        self.assertTrue(pod()["securityContext"]["runAsNonRoot"])
        self.assert_accepted(container["args"])
        [state] = [mount for mount in container["volumeMounts"] if mount["name"] == "state"]
        self.assertTrue(any(each.startswith(f"--state={state['mountPath']}/")
                            for each in container["args"]))


if __name__ == "__main__":
    unittest.main()
