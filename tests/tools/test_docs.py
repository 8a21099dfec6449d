"""The documents hold together: each link leads somewhere, and a translation says as much.

Problem: pages move, headings are reworded, a figure is mended in one language only; nobody follows
two thousand links by hand. Idea: what a machine can compare is: links against files and headings,
paths of documents in the sources against the documents, each page `NAME_TW.md` against `NAME.md`.
Reason: prose needs readers, but places and numbers do not.

What the documents say about the program is held against it in tests/cli/test_documents.py.
"""

from __future__ import annotations

import itertools
import re
import sys
import unittest
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

import documents  # noqa: E402
from documents import ROOT, tracked  # noqa: E402

SOURCES = ("src", "tests", "tools", "web", "deploy", "fuzz", "bench", "dev", ".ci")
README_WORDS_MAX = 2500

CHINESE = re.compile("[\u4e00-\u9fff]")
FIGURE = re.compile(r"(?<![\w.#-])(\d[\d,]*(?:\.\d+)?)(?: ?(million|thousand)\b| ?([萬億]))?")
MULTIPLES = {"": 1, "thousand": 1e3, "萬": 1e4, "million": 1e6, "億": 1e8}
# What a Chinese text does not say (a pattern): what it says. docs/glossary.md has the terms.
NOT_OUR_WORDS = {
    # Another word for the same thing.
    "靜止項目": "未異動的項目", "從未變更的項目": "未異動的項目", "無人看管": "無人值守",
    "事前計畫": "遷移前檢查", "命令": "指令", "節流": "限流", "覆蓋": "涵蓋（缺口、範圍）",
    "分片|碎片": "Shard", "端點": "endpoint", "序號": "sequence number", "檢視類型": "view type",
    "鍵(?!盤)": "key", "擱置": "延後", "未解(?!除)": "未解除", "[兩一]邊": "兩側、一側",
    "等候": "等待", "預算": "讀取額度", "樣本": "抽樣", "舊工具": "前一代工具",
    "不相等": "不同", "驗證通過": "已驗證", "密鑰": "金鑰",
    # A log is no journal.
    "(修復|repair ?)日誌": "修復紀錄檔",
    # English in Chinese words.
    "從不停歇": "持續被寫入", "請比較比值": "請比較相對倍數", "在誰那裡": "要操作哪個帳戶的資料表",
    "必須被讀過": "Stream 必須讀到判定時間點之後，才能確認不一致", "隨負載增長": "待處理工作的記憶體上限",
    "最好的結局": "最多只會到", "沒有別的": "無誤報", "服務不會說": "AWS 不提供此資訊",
    "自己的說法": "統計數字", "憑什麼": "成立的條件", "抽樣所見": "抽樣檢查到的部分",
    # Words of the mainland, or of simplified texts.
    "數據": "資料、數字", "信息": "訊息、資訊", "默認|缺省": "預設", "視頻": "影片", "服務器": "伺服器",
    "網絡": "網路", "配置": "設定", "質量": "品質", "運行": "執行", "支持": "支援", "用戶(?!端)": "使用者",
    "賬": "帳", "緩存": "快取", "內存": "記憶體", "[磁硬]盤": "磁碟", "文檔": "文件", "代碼": "程式碼",
    "調用": "呼叫", "返回": "回傳", "兼容": "相容", "創建": "建立", "實時": "即時", "線程": "執行緒",
    "進程": "行程", "端口": "連接埠", "隊列": "佇列", "日志": "日誌", "鏈接": "連結", "屏幕": "螢幕",
    "變量": "變數", "字段": "欄位", "登錄": "登入", "打印": "印出", "字符": "字元", "數組": "陣列",
    "函數": "函式", "接口": "介面", "程序": "程式", "異步": "非同步", "並發": "並行", "批處理": "批次",
    "集群": "叢集", "鏡像": "映像檔", "哈希": "雜湊", "令牌": "token", "激活": "啟用", "重啟": "重新啟動",
}


def prose(path: Path) -> str:
    return documents.prose(path.read_text())


def slug(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    plain = re.sub(r"[`*]|\[([^]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


@cache
def anchors(path: Path) -> frozenset[str]:
    """Of all headings; the second of two that are alike ends with -1."""
    seen: Counter[str] = Counter()
    found = set()
    for heading in re.findall(r"^#+ (.*)$", prose(path), re.MULTILINE):
        name = slug(heading)
        found.add(f"{name}-{seen[name]}" if seen[name] else name)
        seen[name] += 1
    return frozenset(found)


def blocks(path: Path) -> list[tuple[str, list[str]]]:
    """Language and lines of each code block."""
    return [(fence.language, fence.text.splitlines())
            for fence in documents.fences(path.read_text())]


def without_comment(line: str) -> str:
    return re.sub(r"(^|\s+)# .*$|(^|\s+)#$", "", line)


def figures(text: str) -> set[float]:
    """The numbers of a text; 3 million and 300 萬 are one. Not those of headings and links."""
    text = re.sub(r"\]\([^)]*\)|^#.*$", "", text, flags=re.MULTILINE)
    return {round(float(number.replace(",", "")) * MULTIPLES[english or chinese], 9)
            for number, english, chinese in FIGURE.findall(text)}


def broken_links(path: Path, text: str) -> Iterator[str]:
    """Relative links of a document that lead to no file, or no heading of it."""
    for target in documents.links(text):
        if re.match(r"[a-z]+:", target):
            continue
        place, _, anchor = unquote(target).partition("#")
        file = (path.parent / place).resolve() if place else path
        if not target or not file.exists() or (anchor and anchor not in anchors(file)):
            yield target


class Links(unittest.TestCase):
    def test_every_relative_link_leads_to_a_file_and_a_heading(self) -> None:
        followed = 0
        for path in tracked("*.md"):
            text = path.read_text()
            followed += len(documents.links(text))
            with self.subTest(document=path.name):
                self.assertEqual(list(broken_links(path, text)), [])
        self.assertGreater(followed, 100)

    def test_that_are_broken_are_noticed_however_they_are_spelt(self) -> None:
        page = ROOT / "README.md"
        for text in ("[a](nothing.md)", '[a](nothing.md "A title")', "[a](nothing.md 'A title')",
                     "[a](<nothing.md>)", "[a](CONTRIBUTING.md#nothing)", "[a](#nothing)",
                     "[a][b]\n\n[b]: nothing.md", "[a][]\n\n[A]: nothing.md", "[a][undefined]",
                     '[a]: nothing.md "A title"', "![a](nothing.png)", "[`a`](nothing.md)"):
            with self.subTest(text):
                self.assertNotEqual(list(broken_links(page, text)), [])
        for text in ('[a](docs/reading.md "A title")', "[a][b]\n\n[B]: docs/reading.md#exit-codes",
                     "`[a](nothing.md)`", "```\n[a](nothing.md)\n```", "tags[], an array",
                     "[a](https://example.com/nothing.md)"):
            with self.subTest(text):
                self.assertEqual(list(broken_links(page, text)), [])

    def test_every_document_that_the_sources_name_is_there(self) -> None:
        for path in tracked(*SOURCES):
            if path.suffix in (".md", ".png"):
                continue
            text = path.read_text(errors="replace")
            for place, anchor in re.findall(r"\b(docs/[\w/]+\.md)(?:#([\w-]+))?", text):
                with self.subTest(source=path.name, document=place):
                    self.assertTrue((ROOT / place).is_file())
                    if anchor:
                        self.assertIn(anchor, anchors(ROOT / place))


class Length(unittest.TestCase):
    def test_of_the_readme_is_that_of_a_page_read_in_one_go(self) -> None:
        for path in (ROOT / "README.md", ROOT / "README_TW.md"):
            with self.subTest(document=path.name):
                self.assertLessEqual(len(path.read_text().split()), README_WORDS_MAX)


class Translations(unittest.TestCase):
    def test_have_the_headings_blocks_and_rows_of_the_page_they_translate(self) -> None:
        for english, chinese in self.pairs():
            with self.subTest(document=english.name):
                self.assertEqual(self.build_of(english), self.build_of(chinese))

    def test_have_the_same_code(self) -> None:
        for english, chinese in self.pairs():
            for (language, ours), (_, theirs) in zip(blocks(english), blocks(chinese),
                                                       strict=True):
                with self.subTest(document=english.name, block=ours):
                    self.assertEqual(len(ours), len(theirs))
                    # A drawing may be labelled in Chinese; what is typed or printed is the same.
                    if language or not CHINESE.search("".join(theirs)):
                        self.assertEqual([without_comment(line) for line in ours],
                                         [without_comment(line) for line in theirs])

    def test_have_the_same_figures(self) -> None:
        for english, chinese in self.pairs():
            with self.subTest(document=english.name):
                self.assertEqual(figures(prose(english)) ^ figures(prose(chinese)), set())

    def test_have_the_same_flags_defaults_and_possible_values(self) -> None:
        english, chinese = (self.flag_rows(ROOT / "docs" / name)
                            for name in ("flags.md", "flags_TW.md"))
        self.assertGreater(len(english), 70)
        self.assertEqual([row[0] for row in english], [row[0] for row in chinese])
        for ours, theirs in zip(english, chinese):
            with self.subTest(flag=ours[0]):
                for our_cell, their_cell in zip(ours, theirs):
                    self.assertEqual(*(re.findall(r"`[^`]+`", cell)
                                       for cell in (our_cell, their_cell)))
                    # A default that is a number is no code.
                    self.assertEqual(figures(our_cell), figures(their_cell))

    @staticmethod
    def flag_rows(path: Path) -> list[list[str]]:
        """Flag, default and possible values of each flag, in their order."""
        return [line.split("|")[1:4] for line in prose(path).splitlines()
                if line.startswith("| `--")]

    @staticmethod
    def pairs() -> list[tuple[Path, Path]]:
        translated = tracked("*_TW.md")
        assert translated
        return [(path.with_name(path.name.replace("_TW", "")), path) for path in translated]

    @staticmethod
    def build_of(path: Path) -> list[str]:
        """The marks of headings and of rows, and the languages of blocks, in their order."""
        marks = re.findall(r"^(#+ |\||```\w+|```)", path.read_text(), re.MULTILINE)
        return [mark.strip() for mark in marks]


class Chinese(unittest.TestCase):
    """The documents, and the words of the live page."""

    def test_calls_one_thing_by_one_name(self) -> None:
        for path, word in itertools.product(self.texts(), NOT_OUR_WORDS):
            with self.subTest(document=path.name, say=NOT_OUR_WORDS[word]):
                self.assertIsNone(re.search(word, path.read_text()))

    def test_says_each_term_of_the_glossary(self) -> None:
        said = "".join(path.read_text() for path in self.texts())
        rows = re.findall(r"^\| (.+) \| .+ \| (.+) \|$", (ROOT / "docs/glossary.md").read_text(),
                          re.MULTILINE)
        self.assertGreater(len(rows), 60)
        for english, chinese in rows:
            for term in () if chinese == "–" else chinese.split("、"):
                with self.subTest(term=english, say=term):
                    self.assertIn(term, said)

    @staticmethod
    def texts() -> tuple[Path, ...]:
        texts = tracked("*_TW.md", "web/src/words_zh.ts")
        assert len(texts) > 2
        return texts


if __name__ == "__main__":
    unittest.main()
