//! Which topic a request means.

use learnflow_curriculum::{Level, Topic, catalogue};
use learnflow_status::{Check, Invalid};

/// A request to explain something, with its fields within their limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Concept {
    pub(crate) named: Named,
    pub(crate) level: Level,
    /// Who asks; `None` is nobody in particular, and nothing is recorded.
    pub(crate) student_id: Option<String>,
}

/// How the topic is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// By its id.
    Id(i32),
    /// By a title, slug or alias.
    Name(String),
}

impl Concept {
    /// Checks the fields; all that are wrong are named. The id wins over the names, `concept` over `topic`.
    pub(crate) fn new(
        topic_id: i32,
        concept: &str,
        topic: &str,
        mastery: Option<i32>,
        student_id: &str,
    ) -> Result<Self, Invalid> {
        let mut check = Check::new();
        let name = if concept.is_empty() { topic } else { concept };
        let field = if concept.is_empty() && !topic.is_empty() { "topic" } else { "concept" };
        if topic_id == 0 {
            check.text(name, field, 1, 200);
        }
        let level = Level::from_mastery(mastery.unwrap_or(0));
        check.that(level.is_some(), "mastery_level", "must be between 0 and 100");
        if !student_id.is_empty() {
            check.id(student_id, "student_id");
        }
        check.finish()?;
        Ok(Self {
            named: if topic_id == 0 { Named::Name(name.to_owned()) } else { Named::Id(topic_id) },
            level: level.unwrap_or(Level::Beginner),
            student_id: (!student_id.is_empty()).then(|| student_id.to_owned()),
        })
    }
}

impl Named {
    /// The topic; otherwise a sentence that says what is like it.
    pub(crate) fn topic(&self) -> Result<&'static Topic, String> {
        match self {
            Self::Id(id) => catalogue().topic(*id).ok_or_else(|| format!("topic {id} does not exist")),
            Self::Name(name) => catalogue().resolve(name).ok_or_else(|| {
                let near: Vec<&str> =
                    catalogue().did_you_mean(name, 3).into_iter().map(|topic| topic.title.as_str()).collect();
                let hint = if near.is_empty() {
                    String::new()
                } else {
                    format!("; did you mean {}?", near.join(", "))
                };
                format!("there is no topic {name:?}{hint}")
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_wins_over_the_names() {
        let concept = Concept::new(202, "tuples", "", None, "").unwrap();
        assert_eq!(concept.named.topic().unwrap().id, 202);
        let concept = Concept::new(0, "", "list comprehension", Some(100), "maya").unwrap();
        assert_eq!((concept.named.topic().unwrap().id, concept.level), (301, Level::Mastered));
    }

    #[test]
    fn mastery_outside_its_range_is_refused() {
        for mastery in [-1, 101] {
            let invalid = Concept::new(202, "", "", Some(mastery), "").unwrap_err();
            assert_eq!(invalid.violations()[0].field, "mastery_level");
        }
    }

    #[test]
    fn a_near_miss_gets_a_suggestion() {
        let sentence = Named::Name("tupels".to_owned()).topic().unwrap_err();
        assert!(sentence.contains("did you mean Tuples"), "{sentence}");
    }
}
