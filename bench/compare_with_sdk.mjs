// What a team writes in an afternoon: two tables compared by a parallel Scan, with the AWS SDK for
// JavaScript v3. Segment by segment, both sides at once: the source's items into a map by key, the
// target's held against it.   usage: compare_with_sdk.mjs URL TABLE SEGMENTS
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";

const here = path.dirname(fileURLToPath(import.meta.url));
const require = createRequire(path.join(here, "../tools/aws-sdk-js/package.json"));
const { DynamoDBClient, DescribeTableCommand, paginateScan } = require("@aws-sdk/client-dynamodb");

const [endpoint, table, segments] = [process.argv[2], process.argv[3], Number(process.argv[4])];

function clientOf(account) {
  const credentials = { accessKeyId: account, secretAccessKey: "local" };
  return new DynamoDBClient({ endpoint, region: "ap-northeast-1", credentials });
}

async function segmentOf(client, segment) {
  const items = [];
  const query = { TableName: table, Segment: segment, TotalSegments: segments };
  for await (const page of paginateScan({ client }, query)) {
    items.push(...page.Items);
  }
  return items;
}

const source = clientOf("source");
const target = clientOf("target");
const described = await source.send(new DescribeTableCommand({ TableName: table }));
const names = described.Table.KeySchema.map((each) => each.AttributeName);
const keyOf = (item) => JSON.stringify(names.map((name) => item[name]));

let items = 0;
let different = 0;
for (let segment = 0; segment < segments; ++segment) {
  const [left, right] = await Promise.all([
    segmentOf(source, segment),
    segmentOf(target, segment),
  ]);
  const held = new Map(left.map((item) => [keyOf(item), item]));
  items += held.size;
  for (const item of right) {
    const key = keyOf(item);
    if (!isDeepStrictEqual(held.get(key), item)) {
      ++different;
    }
    held.delete(key);
  }
  different += held.size;
}
console.log(JSON.stringify({ items, different }));
