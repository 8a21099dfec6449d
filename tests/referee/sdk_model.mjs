// The shapes of the AWS SDK for JavaScript as botocore writes models: one JSON object, by service.
// The SDK is newer than Debian's botocore and has members that the latter lacks. It tells names and
// kinds, but neither what is required nor bounds; enumerations stand beside its shapes, unlinked.
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const require = createRequire(path.join(here, "../../tools/aws-sdk-js/package.json"));

const [LIST, MAP, STRUCTURE, UNION, OPERATION] = [1, 2, 3, 4, 9];
const [BOOLEAN, BLOB] = [2, 21];
const TIMES = [4, 5, 6, 7];
const LIST_OF = 64;
const MAP_OF = 128;

class Shapes {
  all = {};

  /// The name under which the shape now stands.
  add(schema) {
    const known = typeof schema === "function" ? schema() : schema;
    if (typeof known === "number") return this.simple(known);
    if (known === "unit") return this.put("SdkUnit", { type: "structure", members: {} });
    if (Array.isArray(known) && typeof known[1] === "string") return this.named(known);
    return this.add(known[0]); // with traits of the member
  }

  simple(number) {
    if (number & LIST_OF) return this.put(`SdkListOf${number}`, {
      type: "list", member: { shape: this.simple(number - LIST_OF) } });
    if (number & MAP_OF) return this.put(`SdkMapOf${number}`, {
      type: "map", key: { shape: this.simple(0) },
      value: { shape: this.simple(number - MAP_OF) } });
    const type = { 0: "string", 1: "double", [BOOLEAN]: "boolean", [BLOB]: "blob" }[number] ??
      (TIMES.includes(number) ? "timestamp" : undefined);
    if (!type) throw new Error(`a schema of an unknown kind: ${number}`);
    return this.put(`Sdk_${type}`, { type });
  }

  named([kind, , name, , ...rest]) {
    if (name in this.all) return name;
    const shape = this.all[name] = {};
    switch (Math.abs(kind)) { // errors are negative
      case LIST:
        Object.assign(shape, { type: "list", member: { shape: this.add(rest[0]) } });
        break;
      case MAP:
        Object.assign(shape, { type: "map", key: { shape: this.add(rest[0]) },
          value: { shape: this.add(rest[1]) } });
        break;
      case STRUCTURE:
      case UNION: {
        const [names, schemas] = rest;
        Object.assign(shape, { type: "structure", members: Object.fromEntries(
          names.map((member, at) => [member, { shape: this.add(schemas[at]) }])) });
        break;
      }
      default:
        shape.type = "string"; // a simple shape with a name
    }
    return name;
  }

  put(name, shape) {
    this.all[name] ??= shape;
    return name;
  }
}

function modelOf(packageName) {
  const sdk = require(packageName);
  const shapes = new Shapes();
  const operations = {};
  const enumerations = {};
  for (const [name, value] of Object.entries(sdk)) {
    if (Array.isArray(value) && value[0] === OPERATION) {
      operations[value[2]] = { input: shapes.add(value[4]), output: shapes.add(value[5]) };
    } else if (Array.isArray(value) && value[0] === -STRUCTURE) {
      shapes.add(value);
    } else if (value?.constructor === Object && typeof Object.values(value)[0] === "string") {
      enumerations[name] = Object.values(value);
    }
  }
  return { operations, shapes: shapes.all, enumerations };
}

console.log(JSON.stringify({
  dynamodb: modelOf("@aws-sdk/client-dynamodb"),
  dynamodbstreams: modelOf("@aws-sdk/client-dynamodb-streams"),
}));
