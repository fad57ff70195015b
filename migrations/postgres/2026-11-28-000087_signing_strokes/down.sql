DROP TABLE agreement_strokes;
