//! The tutor's facts: pure, synchronous, without I/O.
