"""The contracts under proto/, compiled when they are needed; nothing generated is kept.

The classes are made from descriptors and not from generated modules: the CloudEvents package is called `io.cloudevents`,
and a Python module of that name would have to live inside the standard library's `io`.
"""

import os
import tempfile
from importlib import resources
from pathlib import Path

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from grpc_tools import protoc


def proto_folder() -> Path:
    """The repository's proto/, somewhere above this file."""
    for folder in Path(__file__).resolve().parents:
        if (folder / "proto" / "buf.yaml").is_file():
            return folder / "proto"
    raise FileNotFoundError("there is no proto/ above this file")


class Contracts:
    """Every message and service of the contracts, by its full name."""

    def __init__(self, proto: Path | None = None):
        self.pool = descriptor_pool.DescriptorPool()
        for file in compile_all(proto or proto_folder()).file:
            self.pool.Add(file)

    def message(self, full_name: str):
        """The class of a message, such as `learnflow.chat.v1.QueryAsked`."""
        return message_factory.GetMessageClass(self.pool.FindMessageTypeByName(full_name))

    def method(self, path: str):
        """The descriptor of an RPC, such as `learnflow.concepts.v1.ConceptsService/Explain`."""
        service, _, name = path.strip("/").partition("/")
        return self.pool.FindServiceByName(service).methods_by_name[name]


def compile_all(proto: Path) -> descriptor_pb2.FileDescriptorSet:
    """Compiles every file, with what it imports, each before those that need it."""
    files = sorted(str(file.relative_to(proto)) for file in proto.rglob("*.proto"))
    well_known = str(resources.files("grpc_tools") / "_proto")
    with tempfile.TemporaryDirectory() as folder:
        output = os.path.join(folder, "contracts.binpb")
        words = ["protoc", f"-I{proto}", f"-I{well_known}", "--include_imports", f"--descriptor_set_out={output}", *files]
        if protoc.main(words) != 0:
            raise ValueError(f"the contracts under {proto} do not compile")
        with open(output, "rb") as file:
            return descriptor_pb2.FileDescriptorSet.FromString(file.read())
