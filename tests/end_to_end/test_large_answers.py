"""Items whose numbers a service spells in full, 45 times as long as they are, and larger ones."""

from __future__ import annotations

import json

from harness import TABLE, Migration, Scenario
from fault_proxy import FaultProxy

# 3 bytes of an item.
IN_FULL = '{"N":"1' + "0" * 125 + '"}'
MANY = 90_000  # 12 MiB an answer: three of them are more than a page may have


class LargeAnswers(Scenario):
    def tables(self, proxied_items: int, numbers: int) -> tuple[Migration, FaultProxy]:
        """DynamoDB Local holds a short list, and the proxy makes a long one of it."""
        side = self.migration(items=3)
        side.create()
        for number in range(proxied_items):
            side.source.put_item(TableName=TABLE, Item=side.schema.key(100 + number) | {
                "v": {"L": [{"N": "1E125"}]}})
        proxy = self.fault_proxy()
        item = side.source.get_item(TableName=TABLE, Key=side.schema.key(100))["Item"]
        stored = item["v"]["L"][0]
        as_it_is = json.dumps(stored, separators=(",", ":")).encode()
        whole = ",".join([IN_FULL] * numbers).encode()
        proxy.orders.rewrite(lambda _, status, body: (status, body.replace(as_it_is, whole)))
        side.monitor.endpoint_url = proxy.endpoint_url
        return side, proxy

    def test_a_page_of_large_items_is_compared_and_repaired(self) -> None:
        side, proxy = self.tables(4, MANY)
        compared = side.monitor.run("compare", *side.monitor.flags(), "--max-lag", "1s",
                                    "--segments", "1")
        self.assert_exit(compared, 1)
        self.assertIn("4 missing", compared.output)
        planned = side.monitor.run("repair", *side.monitor.flags())
        self.assertIn("4 put", planned.output)

    def test_one_item_that_is_too_large_is_left_alone(self) -> None:
        side, proxy = self.tables(1, 1)
        other = side.schema.key(500)
        side.source.put_item(TableName=TABLE, Item=other)
        compared = side.monitor.run("compare", *side.monitor.flags(), "--max-lag", "1s")
        self.assert_exit(compared, 1)
        too_large = b'{"Item":{"v":{"S":"' + b"x" * (29 << 20) + b'"}}}'
        proxy.orders.rewrite(lambda operation, status, body: (
            status, too_large if operation == "GetItem" and b'"v"' in body else body))
        repaired = side.monitor.run("repair", *side.monitor.flags(), "--apply", "--max-lag", "1s",
                                    timeout=60)
        self.assertIn("the answer is larger than 28 MiB", repaired.output)
        self.assertIn("1 put", repaired.output)
        self.assertIn("1 left alone", repaired.output)
        self.assertIn("Item", side.target.get_item(TableName=TABLE, Key=other))
