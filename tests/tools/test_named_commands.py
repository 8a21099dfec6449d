"""The commands that documents name are there, and stand where a test types them.

Problem: a command in a document goes stale, and what types the blocks of shell
(tests/end_to_end/test_documented_commands.py) sees only what it takes for one. Idea: what a
document may consist of is listed here, and anything else is a fault: languages of fences, marks,
first words of commands. A command in running text is the whole of one in a block, or one of
./dev, ctest or a script, which are there and know its flags; or ONLY_NAMED has it, with the reason
why nobody is meant to type it. Reason: so a new kind of mistake is a fault, not unseen.
"""

from __future__ import annotations

import re
import subprocess
import sys
import unittest
from collections.abc import Iterator
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from documents import ROOT, fences, pages, spans, stray_marks, tracked  # noqa: E402

SHELL = "sh"
LANGUAGES = {SHELL, "ini", "json", "toml", ""}  # without one: drawings, and what is printed
MARK = re.compile(r"needs (AWS|root|a cluster|a bucket)|run by (\S+)")
VARIABLES = r"(?:[A-Z][A-Z_]*=\S+ )*"
# What a span of code in running text begins with if it is a command.
PROGRAM = re.compile(
    VARIABLES + r"(?:(?:\./dev|apt(?:-get)?|aws|bash|chmod|chown|cmake|cp|ctest|curl|docker|git|"
    r"helm|jq|journalctl|kill|kubectl|man|mkdir|mv|ninja|nohup|npm|objdump|openssl|perf|podman|"
    r"promtool|ps|psql|python3|rm|runc|skopeo|source|sqlite3|ssh|sudo|systemctl|systemd-analyze|wc|"
    r"dynamodb-migration-monitor) |"
    r"\./dev$|(?:\./)?(?:bench|build|tests|tools)/\S+( |\.(?:py|sh)\b))")
ONLY_NAMED = {
    "aws sso login --profile …": "what a message of the program says",
    "aws sso login": "what a message of the program says",
    "aws login": "a command of the AWS CLI whose files are read",
    "chmod 640": "part of an advice",
    "kill -9": "what a process was ended by",
    "systemctl stop": "what it leaves behind is told",
    "systemd-analyze security --offline=true deploy/systemd/ddm@.service":
        "run by tests/deploy/test_deploy.py",
    "dynamodb-migration-monitor --help": "run by tests/cli/test_documents.py",
    "dynamodb-migration-monitor completion bash": "run by tests/cli/test_completion.py",
    "source <(dynamodb-migration-monitor completion bash)": "run by tests/cli/test_completion.py",
    "cmake --install": "what was found once",
    "docker load": "what was found once",
    "objdump -T": "what was looked at once",
    "openssl rand -hex 32": "one of many ways to a token",
    "promtool test rules ddm.rules.test.yml": "run by tests/report/test_metrics_files.py",
    "ps -p N": "N is whatever a message names",
    "git show 5143e3b^:README.md": "needs all commits, which not every clone has",
    "git show 5143e3b^:docs/" "operating.md": "needs all commits, which not every clone has",
}
# Programs that are handed files of ours: these are there.
TAKE_FILES = ("man", "perf", "wc")
# What knows the flags behind `./dev COMMAND`; of all others ./dev itself.
KNOWS_FLAGS = {"demo": ["tools/demo.py"], "soak": ["tools/soak.py", "tools/demo.py"],
               "slurm": ["tools/slurm.py"],
               "simulate": ["tests/simulation/main.cc", "dev"], "mutate": ["tools/mutate.py"]}
OF_CTEST = ("test", "tsan", "coverage")


def commands(shell: str) -> Iterator[str]:
    """Each command of a block, without its comment and its redirections."""
    for line in shell.replace("\\\n", " ").splitlines():
        line = re.sub(r"(^|\s)#.*", "", line)
        for part in re.split(r"\|\|?|&&|;|[$<>]\(|\)(?:\s|$)|\s\d?>\S*", line):
            if words := part.split():
                yield " ".join(words)


@cache
def typed() -> frozenset[str]:
    return frozenset(command for page in pages() for fence in fences(page.read_text())
                     if fence.language == SHELL for command in commands(fence.text))


@cache
def offered() -> frozenset[str]:
    told = subprocess.run([ROOT / "dev", "help"], check=True, capture_output=True, text=True).stdout
    return frozenset({"help", *re.findall(r"^  ([a-z-]+)", told, re.MULTILINE)})


@cache
def flags_in(*files: str) -> frozenset[str]:
    text = "\n".join((ROOT / file).read_text() for file in files)
    return frozenset(re.findall(r"(?<![\w-])--?[a-z][\w-]*", text)) | {"--help"}


@cache
def flags_of_ctest() -> frozenset[str]:
    told = subprocess.run(["ctest", "--help"], check=True, capture_output=True, text=True).stdout
    return frozenset(re.findall(r"(?<![\w-])--?[A-Za-z][\w-]*", told))


def source_of(program: str) -> str | None:
    """The file that takes the flags of a script, a benchmark or a tool that is built."""
    program = program.removeprefix("./")
    if not program.startswith("build/") and (ROOT / program).is_file():
        return program
    stem = Path(program).name
    if not program.startswith("build/") or stem == "dynamodb-migration-monitor":
        return None
    return next((str(path.relative_to(ROOT)) for path in tracked("*.cc") if path.stem == stem),
                None)


def knows_flags(words: list[str], offers: frozenset[str]) -> bool:
    return {word.partition("=")[0] for word in words if re.match(r"--?[A-Za-z]", word)} <= offers


def is_test(pattern: str) -> bool:
    """Of a folder of tests, and of a name in it."""
    folder, _, name = pattern.rpartition("/")
    if folder in ("bench", "fuzz"):
        return name in (ROOT / folder / "CMakeLists.txt").read_text()
    return (ROOT / "tests" / folder).is_dir() and any(
        name in path.read_text() for path in (ROOT / "tests" / folder).rglob("*")
        if path.suffix in (".txt", ".py", ".cc", ".h"))


def ctest_is_right(words: list[str]) -> bool:
    patterns = [words[at + 1] for at in range(len(words) - 1) if words[at] == "-R"]
    return knows_flags(words, flags_of_ctest()) and all(map(is_test, patterns))


def dev_is_right(words: list[str]) -> bool:
    """Words behind ./dev."""
    command, name = (*words, "", "")[:2]
    if command and command not in offered():
        return False
    if command in OF_CTEST:
        return ctest_is_right(words[1:])
    files = KNOWS_FLAGS.get(command, ["dev"])
    if name.islower() and not name.startswith("-"):  # no placeholder, no flag, no number
        if command == "scenario":
            files = [f"tests/end_to_end/test_{name}.py"]
        if command == "bench":
            files = [f"bench/{name}{end}" for end in ("_bench.cc", ".py")
                     if (ROOT / f"bench/{name}{end}").is_file()] or [f"bench/{name}"]
        if not all((ROOT / file).is_file() for file in files):
            return False
    return knows_flags(words[1:], flags_in(*files))


def variables_are_read(variables: list[str]) -> bool:
    ours = [name for name in variables if name.startswith("DDM_")]
    return all(any(name in path.read_text() for path in tracked("tests", "tools", "dev")
                   if path.suffix in ("", ".py", ".cc", ".sh")) for name in ours)


def of_this_repository(command: str) -> bool | None:
    """Whether it is right; None: not for this repository to say."""
    program, *words = re.sub("^" + VARIABLES, "", command).split()
    if not variables_are_read(re.findall(r"\b([A-Z][A-Z_]*)=\S+ ", command)):
        return False
    if program == "./dev":
        return dev_is_right(words)
    if program == "ctest":
        return ctest_is_right(words)
    if program in TAKE_FILES:
        paths = [at for at, word in enumerate(words) if "/" in word]
        return bool(paths) and all(
            any(ROOT.glob(words[at])) or of_this_repository(" ".join(words[at:])) for at in paths)
    if re.match(r"(\./)?(bench|build|tests|tools)/", program):
        source = source_of(program)
        return source is not None and knows_flags(words, flags_in(source))
    return None


def is_right(span: str) -> bool:
    known = of_this_repository(span)
    return span in ONLY_NAMED or (span in typed() if known is None else known)


def mark_is_right(mark: str) -> bool:
    found = MARK.fullmatch(mark)
    return found is not None and (found[2] is None or (ROOT / found[2]).is_file())


def faults(text: str) -> Iterator[str]:
    """What is wrong with a document's commands."""
    for mark in stray_marks(text):
        yield f"<!-- {mark} --> stands before no fence"
    for mark, language, code in fences(text):
        if mark and not (language == SHELL and mark_is_right(mark)):
            yield f"<!-- {mark} --> is no mark of a fence in {language or 'no language'}"
        if language not in LANGUAGES:
            yield f"a fence in {language}: shell is {SHELL}"
        if not language and re.search(r"(?m)^\s*\$ ", code):
            yield f"a command in a fence without language: {code}"
        for command in commands(code) if language == SHELL else ():
            if of_this_repository(command) is False:
                yield f"{command} is not there, or has no such flag"
            if re.match(r"curl ", command) and not re.search(r" -[A-Za-z]*f| --fail\b", command):
                yield f"{command} takes an error's page for an answer: -f"
    for span in spans(text):
        if PROGRAM.match(span) and not is_right(span):
            yield f"`{span}` is typed in no block"


class NamedCommands(unittest.TestCase):
    def test_are_there_and_stand_where_a_test_types_them(self) -> None:
        for page in tracked("*.md"):
            with self.subTest(page=page.name):
                self.assertEqual(list(faults(page.read_text())), [])

    def test_that_nobody_is_meant_to_type_are_named_somewhere(self) -> None:
        named = {span for page in tracked("*.md") for span in spans(page.read_text())}
        self.assertGreater(len(list(filter(PROGRAM.match, named))), 100)
        self.assertEqual(ONLY_NAMED.keys() - named, set())

    def test_that_are_wrong_are_noticed(self) -> None:
        for command in (
                "jq .kind open.jsonl", "sudo systemctl restart ddm@users", "git push", "ps -ef",
                "chmod 777", "rm -r state", "openssl rand", "perf record -g build/release/nothing",
                "promtool check rules nothing.yml", "wc -l src/nothing*.cc", "bench/nothing.py",
                "bench/growth.py --unheard-of", "build/release/bench/nothing_bench --items 1",
                "build/release/bench/compare_bench --unheard-of 1", "tools/nothing.py",
                "tools/mutate.py --unheard-of",
                "dynamodb-migration-monitor report x", "AWS_PROFILE=x aws sts whoami",
                "./dev unheard-of", "./dev bench nothing", "./dev bench compare --unheard-of 1",
                "./dev demo --unheard-of", "./dev simulate --unheard-of", "./dev scenario nothing",
                "./dev test --unheard-of", "./dev test -R nothing/at_all",
                "./dev lint --unheard-of",
                "ctest --unheard-of", "ctest -R aws/nothing_at_all_", "ctest -X aws/",
                "DDM_UN" "HEARD_OF=1 ./dev demo"):
            with self.subTest(command):
                self.assertNotEqual(list(faults(f"Type `{command}`.")), [])
        for text in ("jq", "--max-lag 5s", "aws:rep:*", "dynamodb:Scan", "curl", "tools/"):
            self.assertEqual(list(faults(f"Of `{text}`.")), [], text)

    def test_that_are_the_beginning_of_a_right_one_are_noticed(self) -> None:
        whole = next(command for command in sorted(typed())
                     if command.startswith("dynamodb-migration-monitor repair ")
                     and command.count(" ") > 3)
        self.assertTrue(is_right(whole))
        self.assertFalse(is_right(whole.rpartition(" ")[0]))
        self.assertFalse(is_right(whole[:-1]))

    def test_in_fences_that_no_test_would_type_are_noticed(self) -> None:
        for document in ("```bash\ntrue\n```", "```console\n$ true\n```", "~~~zsh\ntrue\n~~~",
                         "- an item\n\n  ```shell\n  true\n  ```", "```\n$ true\n```",
                         "<!-- needs nothing -->\n```sh\ntrue\n```", "<!-- needs AWS -->\n\ntext",
                         "<!-- run by tools/nothing.py -->\n```sh\ntrue\n```",
                         "<!-- needs root -->\n```json\n{}\n```",
                         "```sh\ncurl http://127.0.0.1:8080/go\n```",
                         "```sh\ntrue && curl -sS x | jq .\n```",
                         "- an item\n\n  ```sh\n  ./dev demo --unheard-of\n  ```",
                         "```sh\n./dev bench compare --unheard-of 1 > x\n```"):
            with self.subTest(document):
                self.assertNotEqual(list(faults(document)), [])
        for document in ("<!-- needs root -->\n```sh\ntrue\n```", "```sh\ncurl -fsS x\n```",
                         "  ```sh\n  true # curl\n  ```"):
            self.assertEqual(list(faults(document)), [], document)


if __name__ == "__main__":
    unittest.main()
