"""What botocore makes of this environment: prints the credentials and endpoints it would use.

ask_botocore.py FAKE_URL '{"profile": …, "region": …, "endpoint": …}'
Debian's botocore knows no setting for the endpoints of STS and SSO: they are given to it here.
"""

import json
import sys

import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.config import Config

fake, flags = sys.argv[1], json.loads(sys.argv[2])


class Body:
    def __init__(self, text):
        self.text = text

    def read(self, *_):
        text, self.text = self.text, b""
        return text

    def stream(self, *_):
        yield self.read()


class WithFakeIdentity(botocore.session.Session):
    def create_client(self, service_name, *positional, **named):
        if service_name in ("sts", "sso", "sso-oidc"):
            named["endpoint_url"] = fake
        return super().create_client(service_name, *positional, **named)


def ask(session, service):
    seen = {}

    def intercept(request, **_):
        seen.update(url=request.url, headers=dict(request.headers))
        return AWSResponse(request.url, 200, {}, Body(b"{}"))

    client = session.create_client(service, region_name=flags.get("region"),
                                   endpoint_url=flags.get("endpoint"),
                                   config=Config(retries={"total_max_attempts": 1}))
    client.meta.events.register("before-send", intercept)
    client.list_tables() if service == "dynamodb" else client.list_streams()
    return seen


def main():
    session = WithFakeIdentity(profile=flags.get("profile"))
    try:
        tables = ask(session, "dynamodb")
        streams = ask(session, "dynamodbstreams")
        keys = session.get_credentials().get_frozen_credentials()
        print(json.dumps({"access_key_id": keys.access_key, "secret": keys.secret_key,
                          "token": keys.token or "", "tables": tables["url"],
                          "streams": streams["url"]}))
    except Exception as failure:
        print(json.dumps({"error": f"{type(failure).__name__}: {failure}"}))


main()
