"""Signs random requests with botocore and with sign_requests; they must agree on every byte."""

import datetime
import hashlib
import json
import random
import subprocess
import sys
from urllib.parse import quote

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

SEED = 20260131
REQUESTS = 60
OBJECTS = 60
LETTERS = "abcXYZ019-_.~ /+=%&?#:;,é漢\"'{}"


def text(rng, longest, letters=LETTERS):
    return "".join(rng.choice(letters) for _ in range(rng.randrange(longest + 1)))


def random_request(rng):
    plain = "abcXYZ019"
    hosts = ["dynamodb.eu-west-1.amazonaws.com", "localhost:8000", "[::1]:8000"]
    headers = {"host": rng.choice(hosts)}
    if rng.random() < 0.8:
        headers["content-type"] = "application/x-amz-json-1.0"
        operation = rng.choice(["GetItem", "BatchGetItem", "Scan"])
        headers["x-amz-target"] = "DynamoDB_20120810." + operation
    if rng.random() < 0.4:
        headers["x-amz-meta"] = "  " + text(rng, 20, "ab  \t1") + "x "
    query = "&".join(f"{quote(text(rng, 6), safe='-_.~')}={quote(text(rng, 8), safe='-_.~')}"
                     for _ in range(rng.randrange(4)))
    letters = LETTERS.replace("/", "").replace(".", "")
    segments = [quote(text(rng, 8, letters), safe="-_~") for _ in range(rng.randrange(3))]
    return {
        "method": rng.choice(["POST", "GET", "PUT"]),
        "path": "/" + "/".join(segment for segment in segments if segment),
        "query": query,
        "headers": headers,
        "body": text(rng, 300),
        "access_key": "AKIA" + text(rng, 16, plain).upper(),
        "secret_key": "s" + text(rng, 39, plain + "/+"),
        "token": "T" + text(rng, 400, plain + "/+=") if rng.random() < 0.5 else "",
        "region": rng.choice(["eu-west-1", "ap-northeast-1", "cn-north-1", "us-gov-west-1"]),
        "service": rng.choice(["dynamodb", "sts", "sso"]),
        "time_ms": rng.randrange(1_500_000_000_000, 2_100_000_000_000),
    }


def random_get(rng):
    """Of an object in S3 with any key: slashes, dots and blanks where nobody expects them."""
    described = random_request(rng)
    body_hash = hashlib.sha256(b"").hexdigest()
    headers = {"host": rng.choice(["my-exports.s3.eu-west-1.amazonaws.com", "127.0.0.1:9000"]),
               "x-amz-content-sha256": body_hash}
    if rng.random() < 0.7:
        headers["range"] = f"bytes={rng.randrange(9)}-{rng.randrange(9, 1 << 40)}"
    if rng.random() < 0.5:
        headers["if-match"] = f'"{text(rng, 32, "0123456789abcdef")}-7"'
    key = rng.choice(["a/../b", "./a", "a//b", "/", ".", text(rng, 40)]) + text(rng, 20)
    return described | {"method": "GET", "path": "/" + quote(key, safe="/~"), "headers": headers,
                        "body": "", "service": "s3"}


def sign_with_botocore(described):
    url = "https://" + described["headers"]["host"] + described["path"]
    if described["query"]:
        url += "?" + described["query"]
    request = AWSRequest(described["method"], url, dict(described["headers"]),
                         described["body"].encode())
    moment = datetime.datetime.fromtimestamp(described["time_ms"] // 1000, datetime.timezone.utc)
    request.context["timestamp"] = moment.strftime("%Y%m%dT%H%M%SZ")
    credentials = Credentials(described["access_key"], described["secret_key"],
                              described["token"] or None)
    kind = S3SigV4Auth if described["service"] == "s3" else SigV4Auth
    signer = kind(credentials, described["service"], described["region"])
    signer._modify_request_before_signing(request)
    if described["service"] == "s3":
        # For https botocore would leave the body, of which there is none, unsigned.
        del request.headers["X-Amz-Content-SHA256"]
        request.headers["X-Amz-Content-SHA256"] = described["headers"]["x-amz-content-sha256"]
    to_sign = signer.string_to_sign(request, signer.canonical_request(request))
    signer._inject_signature_to_request(request, signer.signature(to_sign, request))
    return request.headers["Authorization"]


def main():
    rng = random.Random(SEED)
    requests = [random_request(rng) for _ in range(REQUESTS)] + \
        [random_get(rng) for _ in range(OBJECTS)]
    lines = "".join(json.dumps(request) + "\n" for request in requests)
    ours = subprocess.run([sys.argv[1]], input=lines.encode(), stdout=subprocess.PIPE, check=True)
    signatures = ours.stdout.decode().splitlines()
    failures = abs(len(requests) - len(signatures))
    for request, signature in zip(requests, signatures):
        expected = sign_with_botocore(request)
        if signature != expected:
            failures += 1
            print(f"disagree on {json.dumps(request)}\n"
                  f"  ours     {signature}\n  botocore {expected}")
    print(f"{len(signatures)} requests signed, {failures} disagreements")
    sys.exit(1 if failures else 0)


main()
