//! Routing: which agent answers a question.
