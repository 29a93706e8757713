//! The one address that a service knows.

use std::time::Duration;

use dapr::dapr::proto::runtime::v1::dapr_client::DaprClient;
use tonic::transport::{Channel, Endpoint};

use crate::{AppChannel, Error, MAX_MESSAGE_BYTES, StateStore};

/// How to reach the sidecar.
#[derive(Clone, Debug)]
pub struct SidecarConfig {
    /// Its gRPC address, such as `http://127.0.0.1:20201` (Dapr's `DAPR_GRPC_ENDPOINT`).
    pub endpoint: String,
    /// Sent as `dapr-api-token` when the sidecar wants one (Dapr's `DAPR_API_TOKEN`).
    pub api_token: Option<String>,
    /// Given to calls that have no deadline of their own.
    pub default_deadline: Duration,
}

impl SidecarConfig {
    /// The sidecar at `endpoint`, without a token, 5 seconds a call.
    pub fn new(endpoint: impl Into<String>) -> Self {
        Self { endpoint: endpoint.into(), api_token: None, default_deadline: Duration::from_secs(5) }
    }
}

/// A handle on the sidecar; cheap to clone. It connects on first use and again whenever the connection is lost.
#[derive(Clone, Debug)]
pub struct Sidecar {
    channel: Channel,
    api_token: Option<tonic::metadata::AsciiMetadataValue>,
    default_deadline: Duration,
}

impl Sidecar {
    /// Prepares the handle; no connection is made yet. Must be called within a tokio runtime.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that may reach out")]
    pub fn new(config: &SidecarConfig) -> Result<Self, Error> {
        let endpoint = Endpoint::from_shared(config.endpoint.clone())
            .map_err(|_| Error::Address(config.endpoint.clone()))?
            .connect_timeout(Duration::from_secs(2))
            .tcp_nodelay(true)
            // daprd closes connections that ping more often than every 8 s.
            .http2_keep_alive_interval(Duration::from_secs(15))
            .keep_alive_timeout(Duration::from_secs(5))
            .initial_stream_window_size(1 << 20)
            .initial_connection_window_size(4 << 20);
        let api_token = match config.api_token.as_deref() {
            Some(token) => Some(token.parse().map_err(|_| Error::Address("DAPR_API_TOKEN".to_owned()))?),
            None => None,
        };
        Ok(Self { channel: endpoint.connect_lazy(), api_token, default_deadline: config.default_deadline })
    }

    /// The channel on which a generated client reaches `app_id`. `descriptors` is the contract's descriptor set: it
    /// says which of the methods stream, for those must tell the sidecar so.
    pub fn app(&self, app_id: &'static str, descriptors: &[u8]) -> AppChannel {
        AppChannel::new(
            self.channel.clone(),
            app_id,
            descriptors,
            self.api_token.clone(),
            self.default_deadline,
        )
    }

    /// The state store `name`.
    pub fn state(&self, name: impl Into<String>) -> StateStore {
        StateStore::new(self.clone(), name.into())
    }

    /// Dapr's own API.
    pub(crate) fn api(&self) -> DaprClient<Channel> {
        DaprClient::new(self.channel.clone())
            .max_decoding_message_size(MAX_MESSAGE_BYTES)
            .max_encoding_message_size(MAX_MESSAGE_BYTES)
    }

    /// A request to the API with the token and a deadline.
    pub(crate) fn request<T>(&self, message: T) -> tonic::Request<T> {
        let mut request = tonic::Request::new(message);
        request.set_timeout(self.default_deadline);
        if let Some(token) = &self.api_token {
            request.metadata_mut().insert("dapr-api-token", token.clone());
        }
        request
    }
}
