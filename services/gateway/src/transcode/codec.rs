//! tonic's codec for messages that are known by descriptor only.

use std::fmt;

use prost::Message as _;
use prost_reflect::{DynamicMessage, MessageDescriptor};
use tonic::Status;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};

/// Encodes any message, decodes those of one type.
#[derive(Clone)]
pub struct DynamicCodec {
    decoded: MessageDescriptor,
}

// See `Rpc`: a descriptor's own Debug may not end.
impl fmt::Debug for DynamicCodec {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("DynamicCodec").field(&self.decoded.full_name()).finish()
    }
}

impl DynamicCodec {
    /// A codec that decodes messages of the type `decoded`.
    pub fn new(decoded: MessageDescriptor) -> Self {
        Self { decoded }
    }
}

impl Codec for DynamicCodec {
    type Encode = DynamicMessage;
    type Decode = DynamicMessage;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self::Encoder {
        self.clone()
    }

    fn decoder(&mut self) -> Self::Decoder {
        self.clone()
    }
}

impl Encoder for DynamicCodec {
    type Item = DynamicMessage;
    type Error = Status;

    fn encode(&mut self, message: Self::Item, out: &mut EncodeBuf<'_>) -> Result<(), Self::Error> {
        message.encode(out).map_err(|error| Status::internal(error.to_string()))
    }
}

impl Decoder for DynamicCodec {
    type Item = DynamicMessage;
    type Error = Status;

    fn decode(&mut self, bytes: &mut DecodeBuf<'_>) -> Result<Option<Self::Item>, Self::Error> {
        let message = DynamicMessage::decode(self.decoded.clone(), bytes);
        message.map(Some).map_err(|error| Status::internal(error.to_string()))
    }
}
