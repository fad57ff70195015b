CREATE INDEX agreements_origin ON agreements (origin_id) WHERE origin_id IS NOT NULL;
-- Of two drafts that rescind one agreement the newer stays.
UPDATE agreements SET state = 'revoked', reason = '已有另一份解除书'
WHERE origin_kind = 'rescinds' AND state = 'draft' AND EXISTS (
    SELECT 1 FROM agreements AS other
    WHERE other.origin_id = agreements.origin_id AND other.origin_kind = 'rescinds'
    AND (other.state IN ('signing', 'completed') OR other.state = 'draft' AND other.id > agreements.id)
);
CREATE UNIQUE INDEX agreements_rescission ON agreements (origin_id)
WHERE origin_kind = 'rescinds' AND state IN ('draft', 'signing', 'completed');
