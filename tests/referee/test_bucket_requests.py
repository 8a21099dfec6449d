"""What we read of S3 is what AWS's model says.

What we ask is held against it where it passes on the wire: tests/end_to_end/bucket_gate.py.
"""

from __future__ import annotations

import re
import unittest

from botocore.model import Shape
from service_models import operation_model
from test_requests import SOURCES, literals_of

# Of an error's document, which the model does not have.
# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
OF_ERRORS = {"Error", "Code", "Message", "Region"}
ROOT_OF_LISTING = "ListBucketResult"
HEADERS = {"content-range", "etag", "x-amz-bucket-region"}
REGION_TELLS = {"x-amz-bucket-region"}  # newer than Debian's botocore, on errors only


def members_of(shape: Shape) -> set[str]:
    """As XML has them."""
    if shape.type_name == "list":
        return members_of(shape.member)
    if shape.type_name != "structure":
        return set()
    names = {member.serialization.get("name", name) for name, member in shape.members.items()}
    return names.union(*map(members_of, shape.members.values()))


class BucketRequests(unittest.TestCase):
    def test_name_no_member_that_the_model_does_not_have(self) -> None:
        lines = (SOURCES / "s3/s3_answer.cc").read_text().splitlines()
        named = {name for line in lines if re.search(r"text_of\(|child(ren)?\(", line)
                 for name in re.findall(r'"(\w+)"', line)}
        self.assertLessEqual({"CommonPrefixes", "Prefix", "IsTruncated", "Region"}, named)
        listing = members_of(operation_model("s3", "ListObjectsV2").output_shape)
        self.assertEqual(named - listing - OF_ERRORS, {ROOT_OF_LISTING})

    def test_read_headers_that_answers_have(self) -> None:
        literals = set().union(*(literals_of(SOURCES / name) for name in (
            "s3/s3_answer.cc", "s3/s3_client.cc")))
        self.assertLessEqual(HEADERS, literals)
        members = operation_model("s3", "GetObject").output_shape.members.values()
        known = {member.serialization.get("name", "").lower() for member in members}
        self.assertEqual(HEADERS - known, REGION_TELLS)


if __name__ == "__main__":
    unittest.main()
