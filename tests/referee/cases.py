"""The table: one environment each, as a user might have it, and who else is asked about it.

In texts @FAKE@ stands for the address of fake_identity, @HOME@ for the case's folder, in which
~/.aws and the files of `files` lie. Every case has a region, as the others have no default for it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

STATIC = """
[keys]
aws_access_key_id = AKIAKEYS
aws_secret_access_key = secret-of-AKIAKEYS
[default]
aws_access_key_id = AKIADEFAULT
aws_secret_access_key = secret-of-AKIADEFAULT
"""
ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "secret-of-AKIAENV"}
WITH_TOKEN = ENVIRONMENT | {"AWS_SESSION_TOKEN": "token-of-AKIAENV"}
METADATA = {"AWS_EC2_METADATA_DISABLED": "false",
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": "@FAKE@/"}
CONTAINER = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "@FAKE@/container"}
ROLE = "arn:aws:iam::123456789012:role/migration"
OTHER = "arn:aws:iam::210987654321:role/other"
PRINTED = ('{"Version": 1, "AccessKeyId": "AKIAPROC", "SecretAccessKey": "secret-of-AKIAPROC", '
           '"SessionToken": "token-of-AKIAPROC", "Expiration": "2099-01-01T00:00:00Z"}')
PROCESS = {"printed.json": PRINTED}

LATER = "2099-01-01T00:00:00Z"
EARLIER = "2020-01-01T00:00:00Z"
START = "https://start.example/start"


def login(expires: str = LATER, **more: str) -> str:
    token = {"startUrl": START, "region": "eu-west-1", "accessToken": "planted-sso-token",
             "expiresAt": expires} | more
    return "{" + ", ".join(f'"{name}": "{value}"' for name, value in token.items()) + "}"


RENEWABLE = {"clientId": "client", "clientSecret": "planted-client-secret",
             "refreshToken": "planted-refresh-token", "registrationExpiresAt": LATER}
SESSION_CACHE = f".aws/sso/cache/{hashlib.sha1(b'corp').hexdigest()}.json"
START_CACHE = f".aws/sso/cache/{hashlib.sha1(START.encode()).hexdigest()}.json"

SSO = f"""
[profile sso]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = reader
[sso-session corp]
sso_start_url = {START}
sso_region = eu-west-1
sso_registration_scopes = sso:account:access
"""
OLD_SSO = f"""
[profile sso]
sso_start_url = {START}
sso_region = eu-west-1
sso_account_id = 123456789012
sso_role_name = reader
"""

NO_ENDPOINT_URL = "1.29 is older than endpoint_url"


@dataclass
class Case:
    name: str
    config: str = ""
    credentials: str = STATIC
    env: dict[str, str] = field(default_factory=dict)
    profile: str | None = None
    region: str | None = "eu-west-1"
    endpoint: str | None = None
    files: dict[str, str] = field(default_factory=dict)
    fails: str | None = None      # what our error must name; the others must fail as well
    js: str | None = None         # why the SDK for JavaScript is not asked
    botocore: str | None = None   # why botocore is not asked


def role(profile: str, *settings: str, arn: str = ROLE) -> str:
    return f"[profile {profile}]\nrole_arn = {arn}\n" + "".join(f"{s}\n" for s in settings)


def url(name: str, config: str = "", **more: object) -> Case:
    return Case(name, config=config, botocore=NO_ENDPOINT_URL, **more)  # type: ignore[arg-type]


CHAIN = [
    Case("environment", env=ENVIRONMENT),
    Case("environment with a session token", env=WITH_TOKEN),
    Case("environment before the default profile", env=ENVIRONMENT),
    Case("environment before AWS_PROFILE", env=ENVIRONMENT | {"AWS_PROFILE": "keys"},
         js="takes AWS_PROFILE first, unlike the AWS CLI"),
    Case("a named profile before the environment", env=ENVIRONMENT, profile="keys"),
    Case("AWS_PROFILE", env={"AWS_PROFILE": "keys"}),
    Case("AWS_DEFAULT_PROFILE", env={"AWS_DEFAULT_PROFILE": "keys"}, js="knows AWS_PROFILE only"),
    Case("the default profile"),
    Case("the default profile of the config file", credentials="",
         config="[default]\naws_access_key_id = AKIAC\naws_secret_access_key = secret-of-AKIAC\n"),
    Case("keys of a profile in the config file", profile="here", config=(
        "[profile here]\naws_access_key_id = AKIAC\naws_secret_access_key = secret-of-AKIAC\n"
        "aws_session_token = token-of-AKIAC\n")),
    Case("the credentials file before the config file", profile="keys", config=(
        "[profile keys]\naws_access_key_id = AKIAC\naws_secret_access_key = secret-of-AKIAC\n")),
    Case("odd spacing and comments", profile="odd", credentials=(
        "# a comment\n; another\n\n[odd]\naws_access_key_id=AKIAODD\n"
        "aws_secret_access_key   =   secret-of-AKIAODD   \n\n")),
    Case("nested blocks beside keys", profile="nested", credentials="", config=(
        "[profile nested]\ns3 =\n  max_concurrent_requests = 20\n  addressing_style = path\n"
        "aws_access_key_id = AKIAN\naws_secret_access_key = secret-of-AKIAN\n")),
    Case("sections of other kinds", profile="keys", config=(
        "[plugins]\ncli_legacy = x\n[preview]\nsdb = true\n[profile keys]\noutput = json\n")),
    Case("a profile with a blank in its name", profile="two words", credentials="",
         js="wants another spelling", config=(
        "[profile \"two words\"]\naws_access_key_id = AKIAT\n"
        "aws_secret_access_key = secret-of-AKIAT\n")),
    Case("files elsewhere", profile="far", credentials="", env={
        "AWS_CONFIG_FILE": "@HOME@/else/config",
        "AWS_SHARED_CREDENTIALS_FILE": "@HOME@/else/credentials"}, files={
        "else/config": "[profile far]\nregion = us-west-2\n",
        "else/credentials": "[far]\naws_access_key_id = AKIAF\n"
                            "aws_secret_access_key = secret-of-AKIAF\n"}),
    Case("an unknown profile", profile="nobody", fails='no AWS profile "nobody"'),
    Case("half of the keys", profile="half", credentials="[half]\naws_access_key_id = AKIAH\n",
         fails="no aws_secret_access_key"),
    Case("nothing at all", credentials="", fails="no AWS credentials"),
]

PROCESSES = [
    Case("credential_process", profile="p", files=PROCESS,
         config="[profile p]\ncredential_process = cat @HOME@/printed.json\n"),
    Case("credential_process with quotation marks", profile="p",
         files={"a b/printed.json": PRINTED},
         config="[profile p]\ncredential_process = cat \"@HOME@/a b/printed.json\"\n"),
    Case("credential_process of the default profile", credentials="", files=PROCESS,
         config="[default]\ncredential_process = cat @HOME@/printed.json\n"),
    Case("keys of the credentials file before credential_process", profile="keys", files=PROCESS,
         config="[profile keys]\ncredential_process = cat @HOME@/printed.json\n"),
    Case("credential_process before keys of the config file", profile="p", files=PROCESS,
         js="takes keys first wherever they stand",
         config="[profile p]\ncredential_process = cat @HOME@/printed.json\n"
                "aws_access_key_id = AKIAC\naws_secret_access_key = secret-of-AKIAC\n"),
    Case("credential_process that fails", profile="p", fails="ended with code 1",
         config="[profile p]\ncredential_process = false\n"),
    Case("credential_process of another version", profile="p", fails="Version is not 1",
         files={"printed.json": PRINTED.replace("1,", "2,", 1)},
         config="[profile p]\ncredential_process = cat @HOME@/printed.json\n"),
]

ROLES = [
    Case("role_arn by source_profile", profile="r", config=role("r", "source_profile = keys")),
    Case("role_arn with external_id", profile="r",
         config=role("r", "source_profile = keys", "external_id = Ex/1 2")),
    Case("role_arn with role_session_name", profile="r",
         config=role("r", "source_profile = keys", "role_session_name = auditor@example")),
    Case("role_arn with duration_seconds", profile="r",
         config=role("r", "source_profile = keys", "duration_seconds = 900")),
    Case("a role by a role", profile="r2", config=role("r", "source_profile = keys")
         + role("r2", "source_profile = r", "external_id = Ex", arn=OTHER)),
    Case("a role by the keys of its own profile", profile="keys",
         config=role("keys", "source_profile = keys")),
    Case("a source profile whose keys end the chain", profile="r", config=(
        role("keys", "source_profile = default", arn=OTHER) + role("r", "source_profile = keys"))),
    Case("a role by credential_process", profile="r", files=PROCESS, config=(
        role("r", "source_profile = p")
        + "[profile p]\ncredential_process = cat @HOME@/printed.json\n")),
    Case("a role by SSO", profile="r", config=role("r", "source_profile = sso") + SSO,
         files={SESSION_CACHE: login()}, botocore="1.29 fails here: NoneType has no attribute"),
    Case("a role by web identity", profile="r2", files={"token": "planted-web-token"}, config=(
        role("r", "web_identity_token_file = @HOME@/token")
        + role("r2", "source_profile = r", arn=OTHER))),
    Case("credential_source = Environment", profile="r", env=WITH_TOKEN,
         config=role("r", "credential_source = Environment")),
    Case("credential_source = EcsContainer", profile="r", env=CONTAINER,
         config=role("r", "credential_source = EcsContainer")),
    Case("credential_source = Ec2InstanceMetadata", profile="r", env=METADATA,
         config=role("r", "credential_source = Ec2InstanceMetadata")),
    Case("a role of AWS_PROFILE", env={"AWS_PROFILE": "r"},
         config=role("r", "source_profile = keys")),
    Case("a role of the default profile before its keys", config=(
        f"[default]\nrole_arn = {ROLE}\nsource_profile = keys\n")),
    Case("STS of the region of the command line", profile="r", region="ap-southeast-2",
         config=role("r", "source_profile = keys", "region = us-east-2"),
         js="takes the profile's region for STS"),
    Case("STS of the region of the profile", profile="r", region=None,
         config=role("r", "source_profile = keys", "region = us-east-2")),
    Case("a circle of source profiles", profile="a", fails="in a circle",
         config=role("a", "source_profile = b") + role("b", "source_profile = a")),
    Case("a source profile that does not exist", profile="r", fails="no AWS profile",
         config=role("r", "source_profile = nobody")),
    Case("a credential_source that does not exist", profile="r", fails="Environment, EcsContainer",
         config=role("r", "credential_source = Moon")),
    Case("neither source_profile nor credential_source", profile="r", fails="neither",
         config=role("r")),
    Case("a role that may not be assumed", profile="r", fails="AccessDenied",
         credentials="[denied]\naws_access_key_id = AKIADENIED\naws_secret_access_key = x\n",
         config=role("r", "source_profile = denied")),
    Case("mfa_serial", profile="r", fails="one-time password",
         config=role("r", "source_profile = keys", "mfa_serial = arn:aws:iam::1:mfa/me")),
]

TOKEN_FILE = {"token": "planted-web-token"}
WEB = {"AWS_WEB_IDENTITY_TOKEN_FILE": "@HOME@/token", "AWS_ROLE_ARN": ROLE}
WEB_IDENTITY = [
    Case("web identity of the environment", credentials="", env=WEB, files=TOKEN_FILE),
    Case("web identity with AWS_ROLE_SESSION_NAME", credentials="", files=TOKEN_FILE,
         env=WEB | {"AWS_ROLE_SESSION_NAME": "pod"}),
    Case("web identity before the default profile's keys", env=WEB, files=TOKEN_FILE,
         js="takes the keys first, unlike the AWS CLI"),
    Case("web identity of a profile", profile="w", files=TOKEN_FILE,
         config=role("w", "web_identity_token_file = @HOME@/token", "role_session_name = me")),
    Case("web identity without its file", profile="w", fails="does not exist",
         config=role("w", "web_identity_token_file = @HOME@/token")),
    Case("web identity with a wrong token", profile="w", fails="InvalidIdentityToken",
         files={"token": "another"},
         config=role("w", "web_identity_token_file = @HOME@/token")),
]

SINGLE_SIGN_ON = [
    Case("SSO by sso_session", profile="sso", config=SSO, files={SESSION_CACHE: login()}),
    Case("SSO in the older form", profile="sso", config=OLD_SSO, files={START_CACHE: login()}),
    Case("SSO by a login near its end", profile="sso", config=SSO,
         files={SESSION_CACHE: login(EARLIER, **RENEWABLE)}),
    Case("SSO of AWS_PROFILE", env={"AWS_PROFILE": "sso"}, config=SSO,
         files={SESSION_CACHE: login()}),
    Case("SSO without a login", profile="sso", config=SSO,
         fails="aws sso login --profile sso"),
    Case("SSO whose login has ended", profile="sso", config=OLD_SSO,
         files={START_CACHE: login(EARLIER)}, fails="aws sso login --profile sso",
         botocore="1.29 leaves it to the service to refuse the token"),
    Case("SSO whose login cannot be renewed", profile="sso", config=SSO,
         files={SESSION_CACHE: login(EARLIER)}, fails="aws sso login --profile sso"),
    Case("SSO with a session that does not exist", profile="sso",
         config=SSO.replace("sso-session corp", "sso-session other"),
         fails="no [sso-session corp]"),
    Case("SSO with a role that is not assigned", profile="sso",
         config=SSO.replace("= reader", "= forbidden"), files={SESSION_CACHE: login()},
         fails="is the role forbidden of account 123456789012 assigned"),
]

MACHINES = [
    Case("container", credentials="", env=CONTAINER),
    Case("container with a token", credentials="", env=CONTAINER | {
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": "planted-container-token"}),
    Case("container with a token file", credentials="", files={"t": "planted-container-token"},
         env=CONTAINER | {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "@HOME@/t"},
         botocore="1.29 is older than pod identity"),
    Case("container with a query", credentials="", env={
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": "@FAKE@/container?id=1"}),
    Case("the default profile before the container", env=CONTAINER),
    Case("container before instance", credentials="", env=CONTAINER | METADATA),
    Case("container at an address that is not its own", credentials="", env={
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://192.0.2.1/container"},
        fails="by https only"),
    Case("container that refuses the token", credentials="", env=CONTAINER | {
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": "wrong"}, fails="HTTP status 401"),
    Case("instance", credentials="", env=METADATA),
    Case("instance for a profile without keys", profile="bare", env=METADATA,
         config="[profile bare]\noutput = json\n", js="falls through without a named profile only"),
]

REGIONS = [
    Case("region of the command line", region="sa-east-1"),
    Case("AWS_REGION", region=None, env={"AWS_REGION": "us-west-1"},
         botocore="knows AWS_DEFAULT_REGION only, unlike the AWS CLI"),
    Case("AWS_DEFAULT_REGION", region=None, env={"AWS_DEFAULT_REGION": "us-west-1"},
         js="knows AWS_REGION only"),
    Case("region of the profile", region=None, profile="keys",
         config="[profile keys]\nregion = ca-central-1\n"),
    *(Case(f"public endpoints of {region}", region=region) for region in (
        "us-east-1", "ap-northeast-1", "cn-north-1", "cn-northwest-1", "us-gov-west-1",
        "us-gov-east-1", "me-central-1", "us-iso-east-1", "us-isob-east-1")),
    *(Case(f"{variable} in {region}", region=region, env={variable: "true"},
           botocore="1.29 has older rules")
      for variable in ("AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT")
      for region in ("us-east-1", "eu-west-1", "cn-north-1", "us-gov-west-1")),
    Case("FIPS and dual stack", region="us-west-2", botocore="1.29 has older rules", env={
        "AWS_USE_FIPS_ENDPOINT": "true", "AWS_USE_DUALSTACK_ENDPOINT": "true"}),
    Case("use_fips_endpoint of the profile", profile="keys", region="us-east-2",
         config="[profile keys]\nuse_fips_endpoint = true\n", botocore="1.29 has older rules"),
    Case("use_dualstack_endpoint of the profile", profile="keys", region="us-east-2",
         config="[profile keys]\nuse_dualstack_endpoint = true\n", botocore="1.29 has older rules"),
    Case("FIPS with an endpoint of one's own", region="us-east-1", fails="cannot be changed by",
         env={"AWS_USE_FIPS_ENDPOINT": "true"}, endpoint="http://127.0.0.1:8000",
         botocore="1.29 lets the endpoint win"),
]

SERVICES = ("[profile keys]\nservices = local\nendpoint_url = http://profile:1\n"
            "[services local]\ndynamodb =\n  endpoint_url = http://block:2\n")
ENDPOINTS = [
    Case("endpoint of the command line", endpoint="http://flag:5"),
    url("AWS_ENDPOINT_URL", env={"AWS_ENDPOINT_URL": "http://all:3"}),
    url("AWS_ENDPOINT_URL_DYNAMODB before AWS_ENDPOINT_URL", env={
        "AWS_ENDPOINT_URL": "http://all:3", "AWS_ENDPOINT_URL_DYNAMODB": "http://tables:4"}),
    url("AWS_ENDPOINT_URL_DYNAMODB_STREAMS", env={
        "AWS_ENDPOINT_URL_DYNAMODB_STREAMS": "http://streams:4"}),
    url("endpoint_url of the profile", env={"AWS_PROFILE": "keys"},
        config="[profile keys]\nendpoint_url = http://profile:1\n"),
    url("services block before endpoint_url", SERVICES, env={"AWS_PROFILE": "keys"}),
    url("AWS_ENDPOINT_URL before the services block", SERVICES, profile="keys",
        env={"AWS_ENDPOINT_URL": "http://all:3"},
        js="takes the services block before AWS_ENDPOINT_URL, unlike the AWS CLI"),
    url("the command line before all", SERVICES, profile="keys", endpoint="http://flag:5",
        env={"AWS_ENDPOINT_URL_DYNAMODB": "http://tables:4"}),
    url("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", SERVICES, profile="keys", env={
        "AWS_ENDPOINT_URL": "http://all:3", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
        js="does not know it"),
    Case("an IPv6 endpoint", endpoint="http://[::1]:8000"),
    Case("an endpoint with a path", endpoint="http://127.0.0.1:8000/base"),
]

CASES = (CHAIN + PROCESSES + ROLES + WEB_IDENTITY + SINGLE_SIGN_ON + MACHINES + REGIONS
         + ENDPOINTS)
