//! The curriculum and its explanations.
