//! What the contracts say in comments.

use prost_reflect::prost_types::source_code_info::Location;
use prost_reflect::{
    EnumDescriptor, EnumValueDescriptor, FieldDescriptor, MessageDescriptor, MethodDescriptor,
};
use prost_reflect::{FileDescriptor, ServiceDescriptor};

/// The comment above a declaration, its lines joined as prose; empty without one.
pub(crate) trait Commented {
    fn comment(&self) -> String;
}

macro_rules! commented {
    ($($descriptor:ty => $file:expr),* $(,)?) => {
        $(impl Commented for $descriptor {
            fn comment(&self) -> String {
                let file: fn(&$descriptor) -> FileDescriptor = $file;
                leading(&file(self), self.path())
            }
        })*
    };
}

commented! {
    ServiceDescriptor => |each| each.parent_file(),
    MethodDescriptor => |each| each.parent_file(),
    MessageDescriptor => |each| each.parent_file(),
    FieldDescriptor => |each| each.parent_file(),
    EnumDescriptor => |each| each.parent_file(),
    EnumValueDescriptor => |each| each.parent_enum().parent_file(),
}

fn leading(file: &FileDescriptor, path: &[i32]) -> String {
    let info = file.file_descriptor_proto().source_code_info.as_ref();
    let location = info.and_then(|info| info.location.iter().find(|location| location.path == path));
    let comment = location.map(Location::leading_comments).unwrap_or_default();
    comment.lines().map(str::trim).collect::<Vec<_>>().join(" ").trim().to_owned()
}

/// The first sentence of a comment, without its full stop.
pub(crate) fn first_sentence(comment: &str) -> &str {
    comment.split_once(". ").map_or(comment, |(first, _)| first).trim_end_matches('.')
}

/// Who may call a method, as `(learnflow.api.v1.access)` says: `public`, `authenticated`, `student_self`, …
pub(crate) fn access(method: &MethodDescriptor) -> Option<String> {
    let extension = method.parent_pool().get_extension_by_name("learnflow.api.v1.access")?;
    let options = method.options();
    let number = options.get_extension(&extension).as_enum_number()?;
    let kind = extension.kind();
    let name = kind.as_enum()?.get_value(number)?.name().to_owned();
    Some(name.trim_start_matches("ACCESS_").to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_access_are_found() {
        let pool = learnflow_wire::descriptor_pool();
        let service = pool.get_service_by_name("learnflow.concepts.v1.ConceptsService").unwrap();
        let method = service.methods().find(|method| method.name() == "Explain").unwrap();
        assert_eq!(first_sentence(&method.comment()), "Explains a concept at the student's level");
        assert_eq!(access(&method).as_deref(), Some("student_self"));
        let field = method.input().get_field_by_name("topic_id").unwrap();
        assert_eq!(field.comment(), "The topic's id; wins over the names.");
    }
}
