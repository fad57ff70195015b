CREATE TABLE content_pages (
    slug TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('guide', 'policy')),
    title TEXT NOT NULL,
    title_en TEXT,
    summary TEXT NOT NULL,
    summary_en TEXT,
    body_md TEXT NOT NULL,
    body_md_en TEXT,
    steps TEXT NOT NULL,
    source TEXT NOT NULL,
    source_en TEXT,
    source_url TEXT,
    source_on DATE NOT NULL,
    document_no TEXT,
    issuer TEXT,
    issuer_en TEXT,
    published_on DATE NOT NULL,
    updated_on DATE NOT NULL,
    demo BOOLEAN NOT NULL,
    sort INTEGER NOT NULL
);
CREATE INDEX content_pages_order ON content_pages (kind, sort, slug);
