//! Unpacks an artefact: a zip with one `.txz` in it.

use std::fs::File;
use std::io::{BufReader, Error, Result};
use std::path::Path;

use indicatif::ProgressBar;
use lzma_rust2::XzReader;
use zip::ZipArchive;

/// Unpacks the artefact `jar` into the folder `tree`, as a stream.
pub(super) fn unpack(jar: &Path, tree: &Path, bar: &ProgressBar) -> Result<()> {
    let mut jar = ZipArchive::new(BufReader::new(File::open(jar)?))?;
    for index in 0..jar.len() {
        let entry = jar.by_index(index)?;
        if !entry.name()?.ends_with(".txz") {
            continue;
        }
        bar.set_length(entry.size());
        let packed = BufReader::with_capacity(64 << 10, bar.wrap_read(entry));
        let mut tar = tar::Archive::new(XzReader::new(packed, false));
        // Not narrowed by our umask: the programs may be run by another user.
        tar.set_preserve_permissions(true);
        return tar.unpack(tree);
    }
    Err(Error::other("there is no .txz in it"))
}
