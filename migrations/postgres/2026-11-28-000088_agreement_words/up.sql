-- The words of a locked text, part by part, as the paper's own typesetter wrote them: what a signer reads on the screen.
CREATE TABLE agreement_words (
    agreement_id TEXT NOT NULL PRIMARY KEY REFERENCES agreements (id),
    document_sha256 TEXT NOT NULL CHECK (length(document_sha256) = 64),
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
    parts TEXT NOT NULL
);

CREATE TRIGGER agreement_words_append_only BEFORE UPDATE OR DELETE ON agreement_words
FOR EACH ROW EXECUTE FUNCTION refuse_change();
