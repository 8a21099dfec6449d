"""Stands before a service and keeps every request with its answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import dynamodb_local
from fault_proxy import FaultProxy, Handler


@dataclass(frozen=True)
class Exchange:
    path: str
    target: str
    content_type: str
    request: bytes
    status: int
    answer: bytes


class RecordingHandler(Handler):
    wbufsize = -1  # an answer in one piece
    disable_nagle_algorithm = True

    def _call(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        status, headers, content = super()._call(body)
        assert isinstance(self.server, Recorder)
        self.server.exchanges.append(Exchange(
            self.path, self.headers["X-Amz-Target"], self.headers["Content-Type"], body,
            status, content))
        return status, headers, content


class Recorder(FaultProxy):
    """Has what DynamodbLocal has for a Migration, whose own clients go past it unless told
    otherwise: then only what the monitor sends is kept."""

    def __init__(self, service: Any, clients_too: bool = False) -> None:
        super().__init__(urlsplit(service.endpoint_url).port or 0, share=0, seed=0)
        self.RequestHandlerClass = RecordingHandler
        self.exchanges: list[Exchange] = []
        self._clients_url = self.endpoint_url if clients_too else service.endpoint_url

    def client(self, account: str, service: str = "dynamodb") -> Any:
        return dynamodb_local.client(account, self._clients_url, service)
