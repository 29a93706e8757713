-- What the handlers of the tests do.
CREATE TABLE effects (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    what     text NOT NULL
);
