"""Reads events from Kafka as any consumer in another language would, and prints each as a line of JSON.

Neither Dapr nor anything of ours is involved but the .proto files: a Kafka client, the CloudEvents SDK with its Kafka
binding, and protobuf. Exit status: 0 when `--count` events were read, 1 when the time was up before that or a record is
no CloudEvent in the structured mode of the protobuf format.
"""

import argparse
import base64
import json
import sys
import time
from datetime import datetime

from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka
from cloudevents.core.exceptions import BaseCloudEventException
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

from contracts import Contracts
from protobuf_format import MEDIA_TYPE, ProtobufFormat


def main() -> int:
    arguments = parse_arguments()
    event_format = ProtobufFormat(Contracts())
    deadline = time.monotonic() + arguments.timeout
    found = 0
    consumer = reader(arguments.brokers, arguments.topic, deadline)
    try:
        for record in records(consumer, deadline):
            if arguments.key is not None and record.key() != arguments.key.encode():
                continue
            try:
                event = described(record, event_format)
            except (ValueError, BaseCloudEventException) as error:
                return failed(f"{record.topic()}[{record.partition()}] at {record.offset()}: {error}")
            print(json.dumps(event, ensure_ascii=False, default=as_json), flush=True)
            found += 1
            if found == arguments.count:
                return 0
    finally:
        consumer.close()
    return failed(f"{found} of {arguments.count} events on {arguments.topic} after {arguments.timeout:g} s")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="consume", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--brokers", required=True, help="host:port, with commas between several")
    parser.add_argument("--topic", required=True)
    parser.add_argument("--count", type=int, default=1, help="so many events, then end (default 1)")
    parser.add_argument("--timeout", type=float, default=30, help="seconds (default 30)")
    parser.add_argument("--key", help="only records with this key")
    return parser.parse_args()


def reader(brokers: str, topic: str, deadline: float) -> Consumer:
    """A consumer of every partition, from its first record on; nothing is committed, so the topic stays as it is."""
    consumer = Consumer(
        {
            "bootstrap.servers": brokers,
            "group.id": "consumer-check",
            "enable.auto.commit": False,
            # What goes wrong is said once, below; the client would say it with every attempt.
            "log_level": 0,
        }
    )
    while True:
        try:
            known = consumer.list_topics(topic, timeout=2).topics[topic]
            if known.error is None and known.partitions:
                break
            problem = known.error or "it has no partitions"
        except KafkaException as error:
            problem = error.args[0]
        if time.monotonic() > deadline:
            consumer.close()
            sys.exit(failed(f"{topic} at {brokers}: {problem}"))
        time.sleep(0.1)
    consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in known.partitions])
    return consumer


def records(consumer: Consumer, deadline: float):
    """Every record until the time is up."""
    while (left := deadline - time.monotonic()) > 0:
        record = consumer.poll(min(left, 0.5))
        if record is None:
            continue
        error = record.error()
        if error is None:
            yield record
        elif error.fatal() or error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
            sys.exit(failed(str(error)))


def described(record, event_format: ProtobufFormat) -> dict:
    """One record: where it was, its key and headers, and the event in it."""
    headers = dict(record.headers() or [])
    content_type = headers.get("content-type")
    if content_type != MEDIA_TYPE.encode():
        raise ValueError(f"the header content-type is {content_type!r} and not {MEDIA_TYPE}")
    # Without the key: with it, the SDK writes it over the event's own partitionkey, and the two could not be compared.
    event = from_kafka(KafkaMessage(headers=headers, key=None, value=record.value()), event_format)
    return {
        "topic": record.topic(),
        "partition": record.partition(),
        "offset": record.offset(),
        "key": text(record.key()),
        "headers": {name: text(value) for name, value in headers.items()},
        "attributes": event.get_attributes(),
        "data": event.get_data(),
    }


def text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "backslashreplace")


def as_json(value):
    """What JSON has no form for, as CloudEvents writes it there."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(f"no JSON form for {type(value).__name__}")


def failed(message: str) -> int:
    print(f"consume: {message}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
