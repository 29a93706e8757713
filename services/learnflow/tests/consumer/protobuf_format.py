"""The protobuf event format of CloudEvents 1.0, for the CloudEvents SDK.

The SDK (2.2) has the Kafka binding, the event and its rules, but of the formats only JSON; others are given to it as an
object with these methods. Only reading is needed here.
"""

from datetime import timezone

from cloudevents.core.base import BaseCloudEvent, EventFactory
from cloudevents.core.v1.event import CloudEvent
from google.protobuf import json_format
from google.protobuf.message import DecodeError

MEDIA_TYPE = "application/cloudevents+protobuf"


class ProtobufFormat:
    """Reads an encoded `io.cloudevents.v1.CloudEvent`; its data becomes a dict with the type's URL in `@type`."""

    def __init__(self, contracts):
        self.pool = contracts.pool
        self.envelope = contracts.message("io.cloudevents.v1.CloudEvent")

    def get_content_type(self) -> str:
        return MEDIA_TYPE

    def read(self, event_factory: EventFactory | None, data: str | bytes) -> BaseCloudEvent:
        try:
            envelope = self.envelope.FromString(data)
        except DecodeError as error:
            raise ValueError("the value is not an encoded CloudEvent") from error
        attributes = {
            "id": envelope.id,
            "source": envelope.source,
            "specversion": envelope.spec_version,
            "type": envelope.type,
        }
        for name, value in envelope.attributes.items():
            if name in attributes:
                raise ValueError(f"the attribute {name} is a field of the envelope, and must not be in its map")
            attributes[name] = native(value)
        if "time" not in attributes:
            # The SDK would invent one.
            raise ValueError("the attribute time is missing")
        return (event_factory or CloudEvent)(attributes, self.typed(envelope))

    def typed(self, envelope):
        kind = envelope.WhichOneof("data")
        if kind != "proto_data":
            return getattr(envelope, kind) if kind else None
        try:
            return json_format.MessageToDict(
                envelope.proto_data, preserving_proto_field_name=True, descriptor_pool=self.pool
            )
        except (TypeError, DecodeError) as error:
            raise ValueError(f"the data is not what its type says: {error}") from error

    def write(self, event: BaseCloudEvent) -> bytes:
        raise NotImplementedError("this consumer does not publish")

    def write_data(self, data, datacontenttype: str | None) -> bytes:
        raise NotImplementedError("this consumer does not publish")

    def read_data(self, body: bytes, datacontenttype: str | None):
        raise ValueError("this is the binary mode of the Kafka binding, which is not what we publish")


def native(value):
    """An attribute's value as Python has it."""
    kind = value.WhichOneof("attr")
    if kind is None:
        raise ValueError("an attribute has no value")
    if kind == "ce_timestamp":
        return value.ce_timestamp.ToDatetime(tzinfo=timezone.utc)
    return getattr(value, kind)
