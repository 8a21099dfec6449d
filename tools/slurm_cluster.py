"""A Slurm of its own on this machine, on loopback and in one folder.

Problem: whether an array of jobs is proof against dying nodes shows on a real Slurm only, and none
is at hand. Idea: Debian's slurm-wlm starts several slurmd on one host, each a node with a port, a
spool and a log of its own; a node that dies is a slurmd and everything that runs under it, killed
at once. Reason: the scheduler, its requeueing and its variables are then Slurm's own. Nothing of
the system's Slurm is touched: own ports, an own key, an own configuration; the end of the context
ends all of it, by process ids that are known to be ours.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from dynamodb_local import end_with_parent, free_port

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol", "scancel", "sinfo")
START_SECONDS_MAX = 60
END_SECONDS_MAX = 20
PAUSE_SECONDS = 0.2
# What slurmd hands on to the daemon of each task; the task itself has Slurm's variable.
OF_NODE, OF_TASK = "NODE_OF_THIS_DAEMON", "SLURMD_NODENAME"
OVER = {"COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "OUT_OF_MEMORY", "BOOT_FAIL",
        "DEADLINE"}


def missing_programs() -> list[str]:
    return [name for name in PROGRAMS if not shutil.which(name, path=search_path())]


def search_path() -> str:
    """The daemons lie where not every user looks."""
    return f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


def configuration(folder: Path, ports: list[int], nodes: list[str], cpus: int) -> str:
    """slurm.conf. A node is away after ten seconds, and what ran on it is queued again."""
    controller, *of_nodes = ports
    lines = [
        "ClusterName=ours", f"SlurmctldHost={os.uname().nodename}(127.0.0.1)",
        f"SlurmctldPort={controller}", "SlurmUser=root", "SlurmdUser=root",
        "AuthType=auth/munge", f"AuthInfo=socket={folder}/munge.socket,cred_expire=10",
        "CredType=cred/munge", "ProctrackType=proctrack/linuxproc", "TaskPlugin=task/none",
        "SelectType=select/cons_tres", "SelectTypeParameters=CR_CPU", "SwitchType=switch/none",
        "MpiDefault=none", "JobAcctGatherType=jobacct_gather/none", "ReturnToService=2",
        "SlurmdTimeout=10", "SlurmctldTimeout=10", "KillWait=5", "MinJobAge=7200", "JobRequeue=1",
        "SlurmdParameters=config_overrides",
        "SchedulerParameters=batch_sched_delay=1,sched_interval=2",
        f"StateSaveLocation={folder}/controller", f"SlurmdSpoolDir={folder}/spool.%n",
        f"SlurmctldPidFile={folder}/slurmctld.pid", f"SlurmdPidFile={folder}/slurmd.%n.pid",
        f"SlurmctldLogFile={folder}/slurmctld.log", f"SlurmdLogFile={folder}/slurmd.%n.log"]
    lines += [f"NodeName={node} NodeHostname=localhost NodeAddr=127.0.0.1 Port={port} CPUs={cpus} "
              "RealMemory=16384" for node, port in zip(nodes, of_nodes, strict=True)]
    lines.append(f"PartitionName=all Nodes={','.join(nodes)} Default=YES MaxTime=INFINITE State=UP")
    return "\n".join(lines) + "\n"


class SlurmCluster:
    """A context manager; wants root."""

    def __init__(self, nodes: int = 3, cpus: int = 3) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="ddm-slurm-",
                                                      ignore_cleanup_errors=True)
        self.folder = Path(self._temporary.name)
        self.nodes = [f"w{number}" for number in range(1, nodes + 1)]
        self._cpus = cpus
        self._daemons: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> SlurmCluster:
        with ExitStack() as starting:
            starting.callback(self.stop)
            self._start()
            starting.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items()
                     if not name.startswith(("SLURM", "SBATCH"))}
        return inherited | {"SLURM_CONF": str(self.folder / "slurm.conf"), "PATH": search_path()}

    def _start(self) -> None:
        self.folder.chmod(0o711)  # munged wants its socket reached by all
        for name in ("controller", *(f"spool.{node}" for node in self.nodes)):
            (self.folder / name).mkdir(mode=0o755)
        ports = [free_port() for _ in range(1 + len(self.nodes))]
        (self.folder / "slurm.conf").write_text(
            configuration(self.folder, ports, self.nodes, self._cpus))
        key = self.folder / "munge.key"
        key.touch(mode=0o600)
        key.write_bytes(secrets.token_bytes(128))
        self._daemon("munged", "munged", "--foreground", "--key-file", key, *(
            f"--{what}={self.folder}/munge.{what.partition('-')[0]}"
            for what in ("socket", "pid-file", "log-file", "seed-file")))
        self._await("munged", lambda: (self.folder / "munge.socket").exists())
        self._daemon("slurmctld", "slurmctld", "-D", "-c")
        for node in self.nodes:
            self._daemon(node, "slurmd", "-D", "-N", node, **{OF_NODE: node})
        self._await("nodes", lambda: self._idle() == len(self.nodes))

    def _daemon(self, name: str, *command: str | Path, **variables: str) -> None:
        with open(self.folder / f"{name}.output", "ab") as output:
            self._daemons[name] = subprocess.Popen(
                [str(word) for word in command], env=self.environment | variables,
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
                preexec_fn=end_with_parent)

    def _await(self, what: str, ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_SECONDS_MAX
        while not ready():
            ended = [name for name, each in self._daemons.items() if each.poll() is not None]
            if ended or time.monotonic() > deadline:
                said = "".join((self.folder / f"{name}.output").read_text(errors="replace")[-2000:]
                               for name in self._daemons)
                raise RuntimeError(f"Slurm does not start ({what}; ended: {ended}):\n{said}")
            time.sleep(PAUSE_SECONDS)

    def _idle(self) -> int:
        told = self._run("sinfo", "--noheader", "--Node", "--format=%N %t", check=False)
        return sum(line.endswith(" idle") for line in told.splitlines())

    def _run(self, *command: str, check: bool = True) -> str:
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True,
                              timeout=60, check=False)
        if check and done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
        return done.stdout

    def submit(self, *words: str) -> str:
        """The job's number, of `sbatch --parsable`."""
        return self._run("sbatch", "--parsable", *words).strip().partition(";")[0]

    def states(self, job: str) -> dict[str, str]:
        """Of each task of it ("7_3"; "7" of what is no array), also of those that are over."""
        told = self._run("squeue", "--noheader", "--array", "--states=all", f"--jobs={job}",
                         "--format=%i %T", check=False)
        return dict(line.split() for line in told.splitlines())

    def node_of(self, task: str) -> str:
        """"" while it waits."""
        return self._run("squeue", "--noheader", "--array", f"--jobs={task}",
                         "--format=%N", check=False).strip()

    def restarts(self, task: str) -> int:
        found = re.search(r"Restarts=(\d+)", self._run("scontrol", "show", "job", task))
        return int(found[1]) if found else 0

    def exit_code(self, job: str) -> int:
        found = re.search(r"ExitCode=(\d+):", self._run("scontrol", "show", "job", job))
        assert found
        return int(found[1])

    def wait(self, job: str, seconds: float) -> dict[str, str]:
        """Until each task of it is over; how each ended."""
        deadline = time.monotonic() + seconds
        while not (states := self.states(job)) or set(states.values()) - OVER:
            if time.monotonic() > deadline:
                raise TimeoutError(f"job {job} is not over after {seconds} s: {states}")
            time.sleep(PAUSE_SECONDS)
        return states

    def processes(self, *nodes: str) -> list[int]:
        """What runs under these nodes, or under any: by the variables that it was started with."""
        ours = f"SLURM_CONF={self.folder / 'slurm.conf'}"
        wanted = {f"{name}={node}" for node in nodes or self.nodes for name in (OF_NODE, OF_TASK)}
        daemons = {each.pid for each in self._daemons.values()}
        return [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc")))
                if pid not in daemons and ours in (found := variables_of(pid)) and wanted & found]

    def kill_node(self, node: str) -> None:
        """As a power cut does: all of it stands still before anything ends, so that nothing of it
        can tell that something else has ended."""
        slurmd = self._daemons.pop(node)
        ours = [slurmd.pid, *self.processes(node)]
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in ours:
                send(pid, number)
        slurmd.wait()

    def stop(self) -> None:
        if "slurmctld" in self._daemons:
            self._run("scancel", "--user=root", check=False)
        for name in reversed(list(self._daemons)):
            end(self._daemons.pop(name))
        for pid in self.processes():
            send(pid, signal.SIGKILL)
        self._temporary.cleanup()


def variables_of(pid: int) -> set[str]:
    try:
        return set(Path(f"/proc/{pid}/environ").read_text(errors="replace").split("\0"))
    except OSError:
        return set()  # it has ended


def send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def end(daemon: subprocess.Popen[bytes]) -> None:
    daemon.terminate()
    try:
        daemon.wait(END_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        daemon.kill()
        daemon.wait()
