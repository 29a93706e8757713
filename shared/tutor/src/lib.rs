//! The tutor's facts: pure, synchronous, without I/O.
//!
//! ```
//! use learnflow_curriculum::Level;
//! use learnflow_tutor::{Answer, Intent, Query, answer, classify};
//!
//! let query = Query::text("How do for loops work in Python?");
//! let route = classify(&query);
//! assert_eq!((route.intent, route.topic), (Intent::Concepts, Some(202)));
//!
//! let Answer::Explained(explanation) = answer(&query, &route, Level::Beginner) else { panic!() };
//! assert!(explanation.markdown().contains("```python"));
//! ```

mod answer;
mod classify;
mod explain;
mod query;

pub use answer::{Answer, answer};
pub use classify::classify;
pub use explain::{Explanation, explain};
pub use query::{Intent, Query, Route};
