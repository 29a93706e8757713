-- What was decided about a question, and why: for people who ask why a question went where it went.
CREATE TABLE decisions (
    message_id  uuid PRIMARY KEY,
    student_id  text NOT NULL,
    agent_type  smallint NOT NULL,
    confidence  double precision NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    topic_id    integer,
    evidence    text[] NOT NULL,
    decided_at  timestamptz NOT NULL
);
CREATE INDEX decisions_of_student ON decisions (student_id, message_id DESC);
