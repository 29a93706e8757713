//! Whether the sidecar answers.

use dapr::dapr::proto::runtime::v1::GetMetadataRequest;

use crate::{Error, Sidecar};

impl Sidecar {
    /// Asks the sidecar for its metadata and returns its version: it is there, and its API is up.
    pub async fn version(&self) -> Result<String, Error> {
        let mut request = self.request(GetMetadataRequest {});
        request.set_timeout(std::time::Duration::from_secs(1));
        let metadata = self.api().get_metadata(request).await.map_err(Error::sidecar("tell its version"))?;
        Ok(metadata.into_inner().runtime_version)
    }
}
