//! The words of enum values in JSON.
//!
//! A value's word is its `(learnflow.api.v1.label)`, else its name in lower case less the enum's prefix. Accepted are
//! that word, the lower-case name, the full name and every alias, in any case, and the declared number.

use std::collections::HashMap;

use prost_reflect::{DescriptorPool, EnumDescriptor, EnumValueDescriptor, ExtensionDescriptor, Value};

/// The words of every enum of a pool, read off the options once.
#[derive(Debug, Default)]
pub(crate) struct Words {
    enums: HashMap<String, EnumWords>,
}

/// The words of one enum.
#[derive(Debug, Default)]
pub(crate) struct EnumWords {
    labels: HashMap<i32, String>,
    accepted: HashMap<String, i32>,
    /// In the order of declaration, without the zero value, which stands for "not set".
    listed: Vec<String>,
}

impl Words {
    pub(crate) fn read(pool: &DescriptorPool) -> Self {
        let label = pool.get_extension_by_name("learnflow.api.v1.label");
        let aliases = pool.get_extension_by_name("learnflow.api.v1.aliases");
        let enums = pool
            .all_enums()
            .map(|each| {
                (each.full_name().to_owned(), EnumWords::read(&each, label.as_ref(), aliases.as_ref()))
            })
            .collect();
        Self { enums }
    }

    /// The words of an enum of the pool.
    pub(crate) fn of(&self, descriptor: &EnumDescriptor) -> Option<&EnumWords> {
        self.enums.get(descriptor.full_name())
    }

    /// The word of a value; `None` for a number that the contract does not declare.
    pub(crate) fn label(&self, descriptor: &EnumDescriptor, number: i32) -> Option<&str> {
        self.of(descriptor)?.labels.get(&number).map(String::as_str)
    }

    /// The number that a word means, or what would have been right.
    pub(crate) fn number(&self, descriptor: &EnumDescriptor, word: &str) -> Result<i32, String> {
        let words = self.of(descriptor);
        let number = words.and_then(|words| words.accepted.get(&word.to_ascii_lowercase()).copied());
        number.ok_or_else(|| words.map_or_else(String::new, EnumWords::advice))
    }

    /// The number itself, if the enum declares it.
    pub(crate) fn declared(&self, descriptor: &EnumDescriptor, number: Option<i64>) -> Result<i32, String> {
        let number = number.and_then(|number| i32::try_from(number).ok());
        let declared = number.filter(|number| descriptor.get_value(*number).is_some());
        declared.ok_or_else(|| self.of(descriptor).map_or_else(String::new, EnumWords::advice))
    }
}

impl EnumWords {
    fn read(
        descriptor: &EnumDescriptor,
        label: Option<&ExtensionDescriptor>,
        aliases: Option<&ExtensionDescriptor>,
    ) -> Self {
        let prefix = prefix(descriptor.name());
        let mut words = Self::default();
        let values: Vec<EnumValueDescriptor> = descriptor.values().collect();
        for value in &values {
            let short = value.name().strip_prefix(&prefix).unwrap_or(value.name()).to_ascii_lowercase();
            let word = label.and_then(|label| text_option(value, label)).unwrap_or_else(|| short.clone());
            words.accept(&word, value.number());
            words.accept(&short, value.number());
            words.accept(value.name(), value.number());
            if value.number() != 0 {
                words.listed.push(word.clone());
            }
            words.labels.entry(value.number()).or_insert(word);
        }
        // Last, so that an alias never takes a word that is a value's own.
        for value in &values {
            for alias in aliases.map(|aliases| list_option(value, aliases)).unwrap_or_default() {
                words.accept(&alias, value.number());
            }
        }
        words
    }

    fn accept(&mut self, word: &str, number: i32) {
        self.accepted.entry(word.to_ascii_lowercase()).or_insert(number);
    }

    /// What a wrong word is answered with.
    pub(crate) fn advice(&self) -> String {
        format!("must be one of {}", self.listed.join(", "))
    }
}

/// `AgentType` → `AGENT_TYPE_`.
fn prefix(name: &str) -> String {
    let mut prefix = String::with_capacity(name.len() + 4);
    for (index, letter) in name.char_indices() {
        if letter.is_ascii_uppercase() && index > 0 {
            prefix.push('_');
        }
        prefix.push(letter.to_ascii_uppercase());
    }
    prefix.push('_');
    prefix
}

fn text_option(value: &EnumValueDescriptor, extension: &ExtensionDescriptor) -> Option<String> {
    let options = value.options();
    options
        .has_extension(extension)
        .then(|| options.get_extension(extension).as_str().unwrap_or_default().to_owned())
}

fn list_option(value: &EnumValueDescriptor, extension: &ExtensionDescriptor) -> Vec<String> {
    let options = value.options();
    let list = options.get_extension(extension);
    list.as_list().unwrap_or_default().iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(name: &str, word: &str) -> Result<i32, String> {
        let pool = learnflow_wire::descriptor_pool();
        Words::read(pool).number(&pool.get_enum_by_name(name).unwrap(), word)
    }

    #[test]
    fn labels_names_and_aliases_are_accepted() {
        for word in ["code-review", "code_review", "AGENT_TYPE_CODE_REVIEW", "review", "Code-Review"] {
            assert_eq!(number("learnflow.common.v1.AgentType", word), Ok(2), "{word}");
        }
        for (word, expected) in [("easy", 1), ("intermediate", 2), ("advanced", 3), ("DIFFICULTY_HARD", 3)] {
            assert_eq!(number("learnflow.common.v1.Difficulty", word), Ok(expected), "{word}");
        }
    }

    #[test]
    fn other_words_are_answered_with_the_right_ones() {
        let advice = number("learnflow.common.v1.Difficulty", "brutal").unwrap_err();
        assert_eq!(advice, "must be one of easy, medium, hard");
    }

    #[test]
    fn answers_use_the_label() {
        let pool = learnflow_wire::descriptor_pool();
        let words = Words::read(pool);
        let agent = pool.get_enum_by_name("learnflow.common.v1.AgentType").unwrap();
        assert_eq!(words.label(&agent, 2), Some("code-review"));
        assert_eq!(words.label(&agent, 1), Some("concepts"));
        assert_eq!(words.label(&agent, 0), Some("unspecified"));
        assert_eq!(words.label(&agent, 99), None);
    }
}
