-- Talks between a student and the agents.
CREATE TABLE conversations (
    conversation_id uuid PRIMARY KEY,
    student_id      text NOT NULL,
    started_at      timestamptz NOT NULL
);

-- A question and, once there, its answer.
CREATE TABLE messages (
    message_id      uuid PRIMARY KEY,
    conversation_id uuid NOT NULL REFERENCES conversations,
    student_id      text NOT NULL,
    query           text NOT NULL,
    asked_at        timestamptz NOT NULL,
    -- an encoded learnflow.chat.v1.Answer; fields may be added to it without a migration
    answer          bytea,
    answered_at     timestamptz,
    CHECK ((answer IS NULL) = (answered_at IS NULL))
);
-- message ids are UUIDv7, so this is the order of asking
CREATE INDEX messages_of_student ON messages (student_id, message_id DESC);
CREATE INDEX messages_of_conversation ON messages (conversation_id, message_id DESC);
