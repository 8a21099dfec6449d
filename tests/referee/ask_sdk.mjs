// What the AWS SDK for JavaScript makes of this environment: prints the credentials and endpoints
// that it would use.   ask_sdk.mjs '{"profile": …, "region": …, "endpoint": …}'
// Endpoints with an account id in them are switched off: the monitor does not use them.
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const require = createRequire(path.join(here, "../../tools/aws-sdk-js/package.json"));
const { DynamoDBClient, ListTablesCommand } = require("@aws-sdk/client-dynamodb");
const { DynamoDBStreamsClient, ListStreamsCommand } = require("@aws-sdk/client-dynamodb-streams");

const flags = JSON.parse(process.argv[2]);

async function ask(Client, Command, more) {
  const client = new Client({ ...flags, maxAttempts: 1, ...more });
  let seen;
  client.middlewareStack.add(
    () => async (args) => {
      seen = args.request;
      return { response: {}, output: { $metadata: {} } };
    },
    { step: "finalizeRequest", priority: "low", name: "intercept" },
  );
  await client.send(new Command({}));
  const keys = await client.config.credentials();
  const port = seen.port ? `:${seen.port}` : "";
  return { keys, url: `${seen.protocol}//${seen.hostname}${port}${seen.path}` };
}

try {
  const tables = await ask(DynamoDBClient, ListTablesCommand, { accountIdEndpointMode: "disabled" });
  const streams = await ask(DynamoDBStreamsClient, ListStreamsCommand, {});
  console.log(
    JSON.stringify({
      access_key_id: tables.keys.accessKeyId,
      secret: tables.keys.secretAccessKey,
      token: tables.keys.sessionToken ?? "",
      tables: tables.url,
      streams: streams.url,
    }),
  );
} catch (failure) {
  console.log(JSON.stringify({ error: `${failure.name}: ${failure.message}` }));
}
