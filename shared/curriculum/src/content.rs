//! The content files, compiled in. A test compares this list with the folder.

/// A content file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source<'a> {
    /// Its path below `content/`, for error messages.
    pub file: &'a str,
    /// What is in it.
    pub text: &'a str,
}

macro_rules! sources {
    ($($file:literal),+ $(,)?) => {
        &[$(Source { file: $file, text: include_str!(concat!("../content/", $file)) }),+]
    };
}

/// The list of modules.
pub(crate) const MODULES: Source<'static> =
    Source { file: "modules.toml", text: include_str!("../content/modules.toml") };

/// One file per topic.
pub(crate) const TOPICS: &[Source<'static>] = sources![
    "topics/101-variables.md",
    "topics/102-data-types.md",
    "topics/103-input-output.md",
    "topics/104-operators.md",
    "topics/105-type-conversion.md",
    "topics/201-conditionals.md",
    "topics/202-for-loops.md",
    "topics/203-while-loops.md",
    "topics/204-break-continue.md",
    "topics/301-lists.md",
    "topics/302-tuples.md",
    "topics/303-dictionaries.md",
    "topics/304-sets.md",
    "topics/401-defining-functions.md",
    "topics/402-parameters.md",
    "topics/403-return-values.md",
    "topics/404-scope.md",
    "topics/501-classes-objects.md",
    "topics/502-attributes-methods.md",
    "topics/503-inheritance.md",
    "topics/504-encapsulation.md",
    "topics/601-reading-writing-files.md",
    "topics/602-csv.md",
    "topics/603-json.md",
    "topics/701-try-except.md",
    "topics/702-exception-types.md",
    "topics/703-custom-exceptions.md",
    "topics/704-debugging.md",
    "topics/801-installing-packages.md",
    "topics/802-apis.md",
    "topics/803-virtual-environments.md",
];

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_of_the_folder_is_listed() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("content/topics");
        let mut found: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| format!("topics/{}", entry.unwrap().file_name().into_string().unwrap()))
            .collect();
        found.sort();
        let listed: Vec<&str> = TOPICS.iter().map(|source| source.file).collect();
        assert_eq!(found, listed);
    }
}
