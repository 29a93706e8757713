//! How well a student knows a topic, and so how it is explained.

use std::fmt;

/// The four levels of mastery, from the first contact to the internals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// 0–40: an analogy and one idea.
    Beginner,
    /// 41–70: the usual patterns.
    Learning,
    /// 71–90: idioms and trade-offs.
    Proficient,
    /// 91–100: internals and edge cases.
    Mastered,
}

impl Level {
    /// All levels, the simplest first.
    pub const ALL: [Self; 4] = [Self::Beginner, Self::Learning, Self::Proficient, Self::Mastered];

    /// The level of a mastery in per cent; `None` outside 0–100.
    pub const fn from_mastery(mastery: i32) -> Option<Self> {
        match mastery {
            0..=40 => Some(Self::Beginner),
            41..=70 => Some(Self::Learning),
            71..=90 => Some(Self::Proficient),
            91..=100 => Some(Self::Mastered),
            _ => None,
        }
    }

    /// The level's heading in a content file.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Beginner => "Beginner",
            Self::Learning => "Learning",
            Self::Proficient => "Proficient",
            Self::Mastered => "Mastered",
        }
    }

    /// The level's name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Beginner => "beginner",
            Self::Learning => "learning",
            Self::Proficient => "proficient",
            Self::Mastered => "mastered",
        }
    }

    /// Its place in [`Level::ALL`].
    pub(crate) const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mastery_maps_to_levels_at_the_published_borders() {
        let cases = [
            (0, Level::Beginner),
            (40, Level::Beginner),
            (41, Level::Learning),
            (70, Level::Learning),
            (71, Level::Proficient),
            (90, Level::Proficient),
            (91, Level::Mastered),
            (100, Level::Mastered),
        ];
        for (mastery, level) in cases {
            assert_eq!(Level::from_mastery(mastery), Some(level), "{mastery}");
        }
        for refused in [-1, 101, i32::MIN, i32::MAX] {
            assert_eq!(Level::from_mastery(refused), None, "{refused}");
        }
    }

    #[test]
    fn levels_know_their_place() {
        for (place, level) in Level::ALL.into_iter().enumerate() {
            assert_eq!(level.index(), place);
            assert_eq!(level.to_string(), level.title().to_lowercase());
        }
    }
}
