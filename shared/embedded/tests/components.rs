//! The resources that the whole platform runs on can be imitated.

use learnflow_embedded::{App, Embedded, Resources};

#[tokio::test]
async fn the_local_components_are_understood() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../components/local");
    let resources = Resources::load(folder).unwrap();
    let runtime = Embedded::builder(resources).app(App::new("chat")).start().await.unwrap();
    assert!(runtime.sidecar("chat").is_some());
    runtime.shutdown().await;
}
