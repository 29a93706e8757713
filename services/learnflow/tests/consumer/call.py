"""Calls an RPC through a Dapr sidecar, as a client in another language would, and prints the answer as JSON.

All that such a client needs to know is the sidecar's address, the app-id and the contract. Exit status: 0 for an answer,
1 for a status other than OK, which is printed to stderr.
"""

import argparse
import json
import sys

import grpc
from google.protobuf import json_format, message_factory

from contracts import Contracts


def main() -> int:
    arguments = parse_arguments()
    method = Contracts().method(arguments.rpc)
    request = message_factory.GetMessageClass(method.input_type)()
    json_format.ParseDict(json.loads(arguments.data), request)
    answer = message_factory.GetMessageClass(method.output_type)

    with grpc.insecure_channel(arguments.sidecar) as channel:
        call = channel.unary_unary(
            f"/{arguments.rpc.strip('/')}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=answer.FromString,
        )
        try:
            response = call(request, timeout=arguments.timeout, metadata=[("dapr-app-id", arguments.app_id)])
        except grpc.RpcError as error:
            print(f"call: {error.code().name}: {error.details()}", file=sys.stderr)
            return 1
    print(json.dumps(json_format.MessageToDict(response, preserving_proto_field_name=True), ensure_ascii=False))
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="call", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--sidecar", required=True, help="host:port of the gRPC API of the caller's own sidecar")
    parser.add_argument("--app-id", default="concepts", help="whom to call (default concepts)")
    parser.add_argument("--rpc", default="learnflow.concepts.v1.ConceptsService/Explain", help="package.Service/Method")
    parser.add_argument("--data", default='{"concept": "for loops", "mastery_level": 50}', help="the request as JSON")
    parser.add_argument("--timeout", type=float, default=10, help="the call's deadline in seconds (default 10)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
