//! Statuses with daprd's codes, words and reasons.

use std::collections::HashMap;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

/// A status with a `google.rpc.ErrorInfo` as daprd's API errors have it: a reason, and the domain dapr.io.
pub(super) fn status(code: Code, reason: &str, message: String, metadata: &[(&str, &str)]) -> Status {
    let metadata: HashMap<String, String> =
        metadata.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let details = ErrorDetails::with_error_info(reason, "dapr.io", metadata);
    Status::with_error_details(code, message, details)
}
