-- What was explained to whom, at which level.
CREATE TABLE explanations (
    message_id   uuid PRIMARY KEY,
    student_id   text NOT NULL,
    -- none when the agent had to ask back
    topic_id     integer,
    level        smallint NOT NULL,
    source       smallint NOT NULL,
    explained_at timestamptz NOT NULL
);
CREATE INDEX explanations_of_student ON explanations (student_id, message_id DESC);
